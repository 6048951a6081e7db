/** How this caregiver is reminded: pop-ups on this phone, the phone's own calendar, and how early. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api/client'
import type { ReminderSettings } from '../api/wire-reminders'
import { reminders as t } from '../i18n/reminders'
import { device } from '../outbox'
import { usePush } from '../push/use-push'
import { stand } from '../push/stand'
import type { Look } from '../push/states'
import { Button, clock, civilDay, dayClock, ErrorState, Icon, Loading, Notice, toast } from '../ui'
import { ProblemLine } from './problem-line'
import { CalendarCard } from './calendar-card'
import { Choice, Screen } from './frame'
import { Guide } from './guide'
import './reminders.css'

export function Reminders() {
  const settings = useSignal<ReminderSettings | null>(null)
  const failed = useSignal<unknown>(null)
  const read = async () => {
    failed.value = null
    try {
      settings.value = await api.get<ReminderSettings>('/api/v1/door/reminders/settings')
    } catch (error) {
      failed.value = error
    }
  }
  useEffect(() => void read(), [])
  return (
    <Screen title={t('title')} back="/door/settings">
      <PushCard owner={device.value?.device_id ?? ''} />
      {settings.value ? (
        <>
          <CalendarCard calendar={settings.value.calendar} onChange={() => void read()} />
          <Before settings={settings.value} onSaved={(next) => (settings.value = next)} />
        </>
      ) : failed.value ? (
        <ErrorState error={failed.value} onRetry={() => void read()} />
      ) : (
        <Loading />
      )}
    </Screen>
  )
}

const timeText = (at: string) => (civilDay(at) === civilDay(Date.now()) ? clock(at) : dayClock(at))

/** What is wrong, then what happens all the same: nobody is left with a bare "no". */
function Words({ look }: { look: Look }) {
  switch (look.is) {
    case 'working':
      return (
        <Notice tone="good" icon="check">
          <p class="num">{look.since ? t('push_working', { time: timeText(look.since) }) : t('push_working_on')}</p>
        </Notice>
      )
    case 'asking':
    case 'testing':
      return <Loading label={t(look.is === 'asking' ? 'push_asking' : 'push_testing')} />
    case 'off':
      return (
        <>
          <p>{t('push_why')}</p>
          <p>{t('push_ask_next')}</p>
          <p class="soft">{t('push_if_not')}</p>
        </>
      )
    case 'denied':
      return (
        <>
          <Notice tone="warn">
            <p>{t('push_denied')}</p>
          </Notice>
          <p>{t('push_denied_how')}</p>
          <p>{t('push_still')}</p>
        </>
      )
    case 'ios_tab':
      return (
        <>
          <p>{t('push_why')}</p>
          <Notice tone="warn" icon="phone">
            <p>{t('push_ios_tab')}</p>
          </Notice>
          <Guide />
          <p class="soft">{t('push_if_not')}</p>
        </>
      )
    default: {
      const wrong = look.is === 'failure' ? t(`push_${look.why}`) : t(`push_${look.is}`)
      return (
        <>
          <Notice tone="warn">
            <p>{wrong}</p>
          </Notice>
          {look.is === 'silent' && <p>{t('push_silent_hint')}</p>}
          <p>{t('push_still')}</p>
        </>
      )
    }
  }
}

const CAN_TRY: readonly Look['is'][] = ['off', 'silent', 'disabled', 'failure', 'working', 'resting']

function PushCard({ owner }: { owner: string }) {
  const push = usePush({ audience: 'caregiver', owner }, stand())
  const { look } = push
  const on = look && ['working', 'silent', 'resting', 'disabled'].includes(look.is)
  return (
    <section class="card stack" aria-live="polite">
      <h2>{t('push')}</h2>
      {look ? <Words look={look} /> : push.failed ? <ProblemLine error={push.failed} /> : <Loading />}
      {look && push.failed !== null && <ProblemLine error={push.failed} />}
      {!look && push.failed !== null && (
        <Button icon="refresh" wide onClick={() => void push.read()}>
          {t('push_again')}
        </Button>
      )}
      {look && CAN_TRY.includes(look.is) && (
        <Button kind={look.is === 'off' ? 'primary' : 'plain'} big={look.is === 'off'} wide icon="bell" onClick={() => void push.turnOn()}>
          {t(look.is === 'off' ? 'push_on' : 'push_again')}
        </Button>
      )}
      {on && (
        <Button
          kind="quiet"
          wide
          busy={push.busy}
          onClick={() => void push.turnOff().then(() => toast(t('push_off_done')))}
        >
          {t('push_off')}
        </Button>
      )}
    </section>
  )
}

const MINUTES = [15, 30, 45, 60, 90] as const

function Before({ settings, onSaved }: { settings: ReminderSettings; onSaved: (next: ReminderSettings) => void }) {
  const failed = useSignal<unknown>(null)
  const { minutes_before: own, quiet_from, quiet_until } = settings
  const save = async (minutes_before: number | null) => {
    failed.value = null
    onSaved({ ...settings, minutes_before })
    try {
      onSaved(await api.put<ReminderSettings>('/api/v1/door/reminders/settings', { minutes_before }))
      toast(t('before_saved'))
    } catch (error) {
      onSaved(settings)
      failed.value = error
    }
  }
  const offered = own === null || MINUTES.some((n) => n === own) ? MINUTES : [...MINUTES, own].sort((a, b) => a - b)
  return (
    <section class="card stack">
      <h2>{t('before')}</h2>
      <div class="before" role="radiogroup" aria-label={t('before')}>
        {[null, ...offered].map((n) => (
          <Choice key={n} kind="radio" name="minutes" checked={own === n} onChange={() => void save(n)}>
            <span class="num">{n === null ? t('before_own', { n: settings.usual_minutes_before }) : t('before_n', { n })}</span>
          </Choice>
        ))}
      </div>
      {failed.value !== null && <ProblemLine error={failed.value} />}
      {quiet_from !== quiet_until && (
        <p class="soft num with-icon">
          <Icon name="info" />
          {t('quiet', { from: quiet_from.slice(0, 5), until: quiet_until.slice(0, 5) })}
        </p>
      )}
    </section>
  )
}
