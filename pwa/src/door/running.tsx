/** During a visit: the time, the ticks, the safety rules, the numbers to call. */
import { useSignal } from '@preact/signals'
import { common } from '../i18n/common'
import { door as t } from '../i18n/door'
import { contentName } from '../i18n/services'
import { navigate } from '../router'
import { Button, clock, Dialog, Icon, minutesText, Notice } from '../ui'
import { useNow } from '../ui/use'
import { carried } from './days'
import { CallNumbers, Choice, OutboxBar, Screen, Steps } from './frame'
import { sameHome } from './match'
import { ServiceMark, taskName } from './parts'
import { RecordsOf } from './record-card'
import { type Call, calls, isRunning, progress, tick } from './state'

function Emergency({ call, onClose }: { call: Call; onClose: () => void }) {
  const data = carried.value
  return (
    <Dialog title={t('emergency')} onClose={onClose} actions={<Button onClick={onClose}>{common('close')}</Button>}>
      <CallNumbers numbers={data?.emergency_numbers ?? ['120', '110']} office={data?.provider.phone} />
      {call.visit.emergency_procedure && <Steps procedure={call.visit.emergency_procedure} />}
    </Dialog>
  )
}

/** Ticks of one elder; a couple has two of these on the running screen. */
function Checklist({ call, named }: { call: Call; named: boolean }) {
  const { visit } = call
  const done = progress.value[visit.id]?.tasks ?? []
  if (!visit.tasks.length) return null
  return (
    <section class="card stack">
      <div class="row spread wrap">
        <h2>{named ? visit.elder.name : t('tick_tasks')}</h2>
        <span class="soft num">{t('ticked', { n: done.length, all: visit.tasks.length })}</span>
      </div>
      <div class="picks">
        {visit.tasks.map((task) => (
          <Choice
            key={task.code}
            kind="checkbox"
            name={task.code}
            checked={done.includes(task.code)}
            onChange={(on) => void tick(visit.id, (now) => ({ tasks: on ? [...now.tasks, task.code] : now.tasks.filter((code) => code !== task.code) }))}
          >
            {taskName(task)}
          </Choice>
        ))}
      </div>
    </section>
  )
}

export function Running({ call }: { call: Call }) {
  const { visit, standing } = call
  const now = useNow(10_000).value
  const emergency = useSignal(false)
  const together = sameHome(call, calls.value.filter(isRunning))
  const note = progress.value[visit.id]?.note ?? ''
  const since = standing.started_at ? now - Date.parse(standing.started_at) : null
  const safety = together.map((one) => one.visit.safety_procedure).find(Boolean)
  return (
    <Screen
      title={together.map((one) => one.visit.elder.name).join('、')}
      back="/door"
      side={
        <Button kind="danger" icon="call" class="emergency-key" onClick={() => (emergency.value = true)}>
          {t('emergency_short')}
        </Button>
      }
      foot={
        <Button kind="primary" big wide icon="scan" onClick={() => navigate(`/door/visit/${visit.id}/out`)}>
          {t(standing.state === 'unclosed' ? 'late_check_out' : 'do_check_out')}
        </Button>
      }
    >
      <section class="card elapsed">
        <span class="row">
          <ServiceMark type={visit.service_type} />
          {visit.content && contentName(visit.content)}
        </span>
        {since !== null && <p class="elapsed-time num">{minutesText(since)}</p>}
        <p class="soft num">
          {standing.started_at && t('started_at', { time: clock(standing.started_at) })}
          {visit.min_minutes !== null && (
            <>
              <br />
              {visit.max_minutes !== null
                ? t('plan_minutes', { min: visit.min_minutes, max: visit.max_minutes })
                : t('plan_minutes_min', { min: visit.min_minutes })}
            </>
          )}
        </p>
      </section>
      <OutboxBar />
      {visit.risks.length > 0 && (
        <Notice tone="warn">
          <ul class="dots">
            {visit.risks.map((risk) => (
              <li key={risk}>{risk}</li>
            ))}
          </ul>
        </Notice>
      )}
      {safety && (
        <details class="card fold">
          <summary>
            <Icon name="shield" />
            <span>
              <strong>{t('safety')}</strong>
              <br />
              <span class="soft">{t('safety_hint')}</span>
            </span>
            <Icon name="next" />
          </summary>
          <Steps procedure={safety} />
        </details>
      )}
      {together.map((one) => (
        <Checklist key={one.visit.id} call={one} named={together.length > 1} />
      ))}
      <section class="card stack">
        <label class="stack" for="note">
          <h2>{t('note')}</h2>
          <span class="soft">{t('note_hint')}</span>
        </label>
        <textarea
          id="note"
          class="input"
          maxLength={200}
          value={note}
          onInput={(event) => {
            const text = event.currentTarget.value
            void tick(visit.id, () => ({ note: text }))
          }}
        />
      </section>
      <Button wide icon="nobody" onClick={() => navigate(`/door/visit/${visit.id}/not-served`)}>
        {t('do_not_finished')}
      </Button>
      <RecordsOf visit={visit.id} />
      {emergency.value && <Emergency call={call} onClose={() => (emergency.value = false)} />}
    </Screen>
  )
}
