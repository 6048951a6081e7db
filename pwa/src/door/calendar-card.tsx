/** The private calendar address: made once, shown once, for the phone's own calendar to ring. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { CalendarLink, ReminderSettings } from '../api/wire-reminders'
import { common } from '../i18n/common'
import { reminders as t } from '../i18n/reminders'
import { Button, civilDay, clock, dayClock, Dialog, fullDay, Icon, Notice, toast } from '../ui'
import { isStandalone, placeOf } from './install'
import { ProblemLine } from './problem-line'
import { asImage } from '../ui/image'

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('cal_copied'))
  } catch {
    toast(t('cal_copy_failed'), { bad: true })
  }
}

const isIos = () => placeOf(navigator.userAgent, isStandalone()) === 'ios' || /iPhone|iPad|iPod/.test(navigator.userAgent)

function Made({ link }: { link: CalendarLink }) {
  return (
    <>
      <Notice tone="warn" icon="shield">
        <p>{t('cal_private')}</p>
      </Notice>
      {isIos() && (
        <a class="button primary wide" href={link.webcal}>
          <Icon name="calendar" />
          {t('cal_open')}
        </a>
      )}
      <Button kind={isIos() ? 'plain' : 'primary'} wide icon="file" onClick={() => void copy(link.url)}>
        {t('cal_copy')}
      </Button>
      <p>{t(isIos() ? 'cal_how_ios' : 'cal_how_android')}</p>
      <input class="input" readOnly value={link.url} aria-label={t('cal_address')} onFocus={(event) => event.currentTarget.select()} />
      {!isIos() && (
        <a class="button plain wide" href={link.webcal}>
          <Icon name="calendar" />
          {t('cal_open')}
        </a>
      )}
      <details class="fold cal-fold">
        <summary>
          <Icon name="scan" />
          <strong>{t('cal_qr')}</strong>
          <Icon name="next" />
        </summary>
        <img class="cal-qr" src={asImage(link.qr_svg)} alt={t('cal_qr_alt')} />
      </details>
    </>
  )
}

export function CalendarCard({ calendar, onChange }: { calendar: ReminderSettings['calendar']; onChange: () => void }) {
  const link = useSignal<CalendarLink | null>(null)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const renewing = useSignal(false)

  const run = async (work: () => Promise<void>) => {
    busy.value = true
    failed.value = null
    renewing.value = false
    try {
      await work()
      onChange()
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  const make = () => run(async () => void (link.value = await api.post<CalendarLink>('/api/v1/door/calendar')))
  const stop = () =>
    run(async () => {
      await api.del('/api/v1/door/calendar')
      link.value = null
      toast(t('cal_stopped'))
    })
  const fetched = calendar?.fetched_at

  return (
    <section class="card stack">
      <h2>{t('cal')}</h2>
      <p>{t('cal_why')}</p>
      {calendar && (
        <p class="num">
          {fetched ? t('cal_fetched', { time: civilDay(fetched) === civilDay(Date.now()) ? clock(fetched) : dayClock(fetched) }) : t('cal_not_fetched')}
          <span class="soft"> · {t('cal_since', { day: fullDay(calendar.created_at) })}</span>
        </p>
      )}
      {failed.value !== null && <ProblemLine error={failed.value} />}
      {link.value && <Made link={link.value} />}
      {!calendar && (
        <Button kind="primary" wide icon="calendar" busy={busy.value} onClick={() => void make()}>
          {t('cal_make')}
        </Button>
      )}
      {calendar && (
        <>
          <Button wide icon="refresh" busy={busy.value} onClick={() => (renewing.value = true)}>
            {t('cal_renew')}
          </Button>
          <Button kind="quiet" wide busy={busy.value} onClick={() => void stop()}>
            {t('cal_stop')}
          </Button>
        </>
      )}
      {renewing.value && (
        <Dialog
          title={t('cal_renew')}
          onClose={() => (renewing.value = false)}
          actions={
            <>
              <Button kind="primary" icon="refresh" onClick={() => void make()}>
                {t('cal_renew')}
              </Button>
              <Button onClick={() => (renewing.value = false)}>{common('cancel')}</Button>
            </>
          }
        >
          <p>{t('cal_renew_hint')}</p>
        </Dialog>
      )}
    </section>
  )
}
