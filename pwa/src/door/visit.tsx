/** One call: what to know before, what to do during, what became of it after. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { door as t } from '../i18n/door'
import { contentName } from '../i18n/services'
import { goBack, navigate } from '../router'
import { warmUp } from '../scan/decoder'
import { Button, clock, Dialog, EmptyState, Icon, Loading, minutesText, Notice } from '../ui'
import { useNow } from '../ui/use'
import { CallNumbers, Choice, OutboxBar, Screen, Steps } from './frame'
import { sameHome } from './match'
import { elderText, LocationLine, ServiceMark, StandingTag, taskName, windowText } from './parts'
import { locate } from './position'
import { RecordCard } from './records'
import { type Call, callOf, calls, day, dayBusy, dayRead, isOpen, isRunning, progress, recordsOf, refresh, tick } from './state'
import { common } from '../i18n/common'

const at = (id: string, step: string) => `/door/visit/${id}/${step}`

export function VisitGone() {
  if (dayBusy.value || !dayRead.value) {
    return (
      <Screen title="" back="/door">
        <Loading />
      </Screen>
    )
  }
  return (
    <Screen title="" back="/door">
      <EmptyState icon="search" title={t('visit_gone')}>
        <p>{t('visit_gone_hint')}</p>
        <Button kind="primary" icon="refresh" onClick={() => void refresh()}>
          {common('refresh')}
        </Button>
        <Button onClick={() => navigate('/door', { replace: true })}>{t('to_today')}</Button>
      </EmptyState>
    </Screen>
  )
}

export function Emergency({ call, onClose }: { call: Call; onClose: () => void }) {
  const data = day.value?.data
  return (
    <Dialog title={t('emergency')} onClose={onClose} actions={<Button onClick={onClose}>{common('close')}</Button>}>
      <CallNumbers numbers={data?.emergency_numbers ?? ['120', '110']} office={data?.provider.phone} />
      {call.visit.emergency_procedure && <Steps procedure={call.visit.emergency_procedure} />}
    </Dialog>
  )
}

function Facts({ call }: { call: Call }) {
  const { visit } = call
  const { household } = visit
  return (
    <>
      <section class="card who">
        <div class="row wrap spread">
          <ServiceMark type={visit.service_type} />
          <StandingTag call={call} />
        </div>
        <p class="who-name">
          {visit.elder.name} <span>{elderText(visit)}</span>
        </p>
        <p class="who-time num">
          <Icon name="clock" />
          {windowText(visit)}
        </p>
        {household.address && (
          <p class="who-place">
            <Icon name="place" />
            <span>
              {household.address}
              {household.community && <span class="soft"> {household.community}</span>}
            </span>
          </p>
        )}
        {household.access_notes && (
          <p class="who-place">
            <Icon name="home" />
            <span>
              <b>{t('access')}</b> {household.access_notes}
            </span>
          </p>
        )}
        {visit.colleagues.length > 0 && (
          <p class="who-place">
            <Icon name="people" />
            <span>
              <b>{t('colleagues')}</b> {visit.colleagues.join('、')}
            </span>
          </p>
        )}
      </section>
      {visit.carers_needed > 1 && (
        <Notice icon="people">
          <p>{call.standing.colleague ? t('colleague_there') : t('two_carers', { n: visit.carers_needed })}</p>
        </Notice>
      )}
      {visit.risks.length > 0 && (
        <Notice tone="warn">
          <strong>{t('risks')}</strong>
          <ul class="dots">
            {visit.risks.map((risk) => (
              <li key={risk}>{risk}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}

function Tasks({ call }: { call: Call }) {
  const { visit } = call
  if (!visit.tasks.length) return null
  return (
    <section class="card stack">
      <h2>{t('tasks')}</h2>
      {visit.content && <p>{contentName(visit.content)}</p>}
      <ul class="dots">
        {visit.tasks.map((task) => (
          <li key={task.code}>{taskName(task)}</li>
        ))}
      </ul>
    </section>
  )
}

function Records({ call }: { call: Call }) {
  return (
    <>
      {recordsOf(call.visit.id).map((entry) => (
        <RecordCard key={entry.event_id} entry={entry} brief />
      ))}
    </>
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

function Running({ call }: { call: Call }) {
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
        <Button kind="primary" big wide icon="scan" onClick={() => navigate(at(visit.id, 'out'))}>
          {t(standing.state === 'unclosed' ? 'late_check_out' : 'do_check_out')}
        </Button>
      }
    >
      <section class="card elapsed">
        <ServiceMark type={visit.service_type} />
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
      <Button wide icon="nobody" onClick={() => navigate(at(visit.id, 'not-served'))}>
        {t('do_not_finished')}
      </Button>
      <Records call={call} />
      {emergency.value && <Emergency call={call} onClose={() => (emergency.value = false)} />}
    </Screen>
  )
}

function Before({ call }: { call: Call }) {
  const { visit } = call
  return (
    <Screen
      title={visit.elder.name}
      back="/door"
      foot={
        <>
          <Button kind="primary" big wide icon="scan" onClick={() => navigate(at(visit.id, 'in'))}>
            {t('do_check_in')}
          </Button>
          <Button wide icon="nobody" onClick={() => navigate(at(visit.id, 'not-served'))}>
            {t('do_not_served')}
          </Button>
        </>
      }
    >
      <OutboxBar />
      <Facts call={call} />
      <LocationLine />
      <Tasks call={call} />
      {visit.emergency_procedure && (
        <details class="card fold">
          <summary>
            <Icon name="call" />
            <strong>{t('emergency')}</strong>
            <Icon name="next" />
          </summary>
          <Steps procedure={visit.emergency_procedure} />
        </details>
      )}
      <Records call={call} />
    </Screen>
  )
}

function After({ call }: { call: Call }) {
  const { standing, visit } = call
  const lasted = standing.started_at && standing.ended_at && standing.state === 'completed' ? Date.parse(standing.ended_at) - Date.parse(standing.started_at) : null
  return (
    <Screen
      title={visit.elder.name}
      back="/door"
      foot={
        <Button wide big onClick={() => goBack('/door')}>
          {t('to_today')}
        </Button>
      }
    >
      <OutboxBar />
      <Facts call={call} />
      {lasted !== null && (
        <Notice tone="good">
          <p class="num">{t('done_lasted', { time: minutesText(lasted) })}</p>
        </Notice>
      )}
      <Records call={call} />
    </Screen>
  )
}

export function VisitScreen({ id }: { id: string }) {
  const call = callOf(id)
  const open = call ? isOpen(call) : false
  const running = call ? isRunning(call) : false
  useEffect(() => {
    if (open) locate()
    if (open || running) warmUp()
  }, [id, open, running])
  if (!call) return <VisitGone />
  if (running) return <Running call={call} />
  return open ? <Before call={call} /> : <After call={call} />
}
