/** Making the visits of the next days from the care plans, and saying what could not be made. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { Expansion } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { Button, Dialog, Loading, Notice } from '../ui'
import { ProblemNotice } from '../ui/desk'
import { obstacleText } from './assign'
import { missingYears, whyNobody } from './board'

const DAYS = 7

export function ExpandDialog({ onClose }: { onClose: (made: boolean) => void }) {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const done = useSignal<Expansion | null>(null)
  const run = async () => {
    busy.value = true
    failed.value = null
    try {
      done.value = await api.post<Expansion>('/api/v1/visits/expand', { days: DAYS }, { timeoutMs: 120_000 })
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  const close = () => onClose(done.value !== null)
  return (
    <Dialog
      title={t('expand_title')}
      onClose={close}
      actions={
        done.value ? (
          <Button kind="primary" onClick={close}>
            {common('ok')}
          </Button>
        ) : (
          <>
            <Button onClick={close}>{common('cancel')}</Button>
            <Button kind="primary" icon="calendar" busy={busy.value} onClick={() => void run()}>
              {t('expand_do')}
            </Button>
          </>
        )
      }
    >
      {!done.value && <p>{t('expand_text')}</p>}
      {busy.value && <Loading label={t('expand_working')} />}
      <ProblemNotice error={failed.value} />
      {done.value && <Result made={done.value} />}
    </Dialog>
  )
}

function Result({ made }: { made: Expansion }) {
  return (
    <div class="stack tight" role="status">
      <Notice tone="good">
        <b>{made.created > 0 ? t('expand_created', { n: made.created }) : t('expand_created_none')}</b>
        {made.assigned > 0 && <p>{t('expand_assigned', { n: made.assigned })}</p>}
        {made.existing > 0 && <p>{t('expand_existing', { n: made.existing })}</p>}
      </Notice>
      {made.withdrawn > 0 && <Notice>{t('expand_withdrawn', { n: made.withdrawn })}</Notice>}
      {made.unassigned.length > 0 && (
        <Notice tone="warn" icon="people">
          <p>{t('expand_unassigned', { n: made.unassigned.length })}</p>
          <ul>
            {whyNobody(made.unassigned).map(([code, n]) => (
              <li key={code} class="num">
                {obstacleText(code)} · {t('group_count', { n })}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {missingYears(made.calendar_missing).map((line) => (
        <Notice key={line.year} tone="warn" icon="calendar">
          <p>{t('expand_calendar', { year: line.year, n: line.count })}</p>
          <p>
            <b class="num">
              {line.from === line.to ? t('expand_calendar_day', { from: line.from }) : t('expand_calendar_days', { from: line.from, to: line.to })}
            </b>
          </p>
          <p>{t('expand_calendar_do')}</p>
        </Notice>
      ))}
    </div>
  )
}
