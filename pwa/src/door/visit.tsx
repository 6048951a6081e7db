/** One call: what to know before, and what became of it after; running.tsx has what lies between. */
import { useEffect } from 'preact/hooks'
import { door as t } from '../i18n/door'
import { contentName } from '../i18n/services'
import { goBack, navigate } from '../router'
import { warmUp } from '../scan/decoder'
import { Button, EmptyState, Icon, Loading, minutesText, Notice } from '../ui'
import { OutboxBar, Screen, Steps } from './frame'
import { elderText, LocationLine, ServiceMark, StandingTag, taskName, windowText } from './parts'
import { locate } from './position'
import { RecordsOf } from './record-card'
import { Running } from './running'
import { type Call, callOf, dayBusy, dayRead, isOpen, isRunning, refresh } from './state'
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
              {household.community && !household.address.includes(household.community) && <span class="soft"> {household.community}</span>}
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
      <RecordsOf visit={visit.id} />
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
      <RecordsOf visit={visit.id} />
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
