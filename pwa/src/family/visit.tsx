/** One visit in plain words: when it was to be and when it was, who came, what was done, what was changed, what was said. */
import { useSignal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import { serviceName, type ServiceType } from '../i18n/common'
import { common } from '../i18n/common'
import { family as t } from '../i18n/family'
import { contentName, taskName } from '../i18n/services'
import { Link } from '../router'
import { Button, civilDayName, clock, dayClock, Dialog, ErrorState, Icon, Loading, minutesText, Notice, Tag, toast } from '../ui'
import { useLoad } from '../ui/use'
import { Page } from './frame'
import { changeName, planned, SIGNS, stateName, TONES, who, whyOf } from './looks'
import { opened, readNews } from './news'
import { loadMe } from './state'
import type { Change, Said, Visit } from './wire'

function ChangeLine({ change }: { change: Change }) {
  const why = whyOf(change)
  return (
    <li>
      <strong>{changeName(change.what)}</strong>
      {why && <span>{t('change_why', { why })}</span>}
      <span class="soft">{t('change_by', { office: change.office ?? t('change_by_plan'), at: dayClock(change.at) })}</span>
    </li>
  )
}

/** What oneself said, and the answer. */
function SaidCard({ said, onBack }: { said: Said; onBack: (said: Said) => void }) {
  const { kind, score, reason, text, outcome, answer, answer_due_on } = said
  const open = (kind === 'ask' || kind === 'object') && !outcome
  return (
    <li class="card stack tight">
      <p>
        {kind === 'confirm' && t('said_confirm')}
        {kind === 'rate' && t('said_rate', { n: score ?? 0 })}
        {kind === 'ask' && t('said_ask', { text: text ?? '' })}
        {kind === 'object' && t('said_object', { reason: reason ? t(`reason_${reason}` as 'reason_other') : '' })}
      </p>
      {kind === 'object' && text && <p>{text}</p>}
      <p class="soft">{dayClock(said.at)}</p>
      {open && (
        <Tag tone="warn" icon="clock">
          {answer_due_on ? t('wait_until', { day: civilDayName(answer_due_on) }) : t('waiting')}
        </Tag>
      )}
      {outcome && (
        <Tag tone={outcome === 'withdrawn' ? '' : 'good'} icon="check">
          {t(`outcome_${outcome}` as 'outcome_answered')}
        </Tag>
      )}
      {answer && <p>{t('answer', { text: answer })}</p>}
      {open && (
        <Button icon="undo" onClick={() => onBack(said)}>
          {t('take_back')}
        </Button>
      )}
    </li>
  )
}

export function VisitPage({ id }: { id: string }) {
  const { data, error, reload } = useLoad(id, async (signal) => {
    const found = await api.get<Visit>(`/api/v1/family/visits/${id}`, {}, { signal })
    void loadMe()
    void opened(id)
      .then(readNews)
      .then(() => opened(id))
    return found
  })
  const asked = useSignal<Said | null>(null)
  const busy = useSignal(false)
  const visit = data.value

  async function takeBack(said: Said) {
    busy.value = true
    try {
      await api.post(`/api/v1/family/feedback/${said.id}/withdraw`)
      await reload()
    } catch (thrown) {
      toast(asProblem(thrown).title, { bad: true })
    } finally {
      busy.value = false
      asked.value = null
    }
  }
  async function confirmIt() {
    busy.value = true
    try {
      await api.post(`/api/v1/family/visits/${id}/feedback`, { kind: 'confirm' })
      toast(t('sent'))
      await reload()
    } catch (thrown) {
      toast(asProblem(thrown).title, { bad: true })
    } finally {
      busy.value = false
    }
  }

  if (!visit) {
    return (
      <Page title={t('visit_title')} back="/family">
        {error.value ? <ErrorState error={error.value} onRetry={() => void reload()} /> : <Loading />}
      </Page>
    )
  }
  const { state, started_at, ended_at, service_type, content } = visit
  const over = state !== 'coming' && state !== 'cancelled' && state !== 'late'
  const said = new Set(visit.feedback.map(({ kind }) => kind))
  return (
    <Page title={`${serviceName(service_type as ServiceType)} · ${contentName(content)}`} back="/family">
      <section class={`card verdict ${state}`}>
        <Icon name={service_type as ServiceType} />
        <div class="grow stack tight">
          <strong>{civilDayName(visit.day)}</strong>
          <Tag tone={TONES[state]} icon={SIGNS[state]}>
            {stateName(state)}
          </Tag>
        </div>
      </section>
      {visit.feedback.length > 0 && (
        <section class="stack">
          <h2>{t('said_title')}</h2>
          <ul class="stack">
            {visit.feedback.map((one) => (
              <SaidCard key={one.id} said={one} onBack={(back) => (asked.value = back)} />
            ))}
          </ul>
        </section>
      )}
      {state === 'unknown' && (
        <Notice tone="warn" icon="offline">
          <p>{t(started_at ? 'unclosed_hint' : 'unknown_hint')}</p>
        </Notice>
      )}
      {state === 'late' && (
        <Notice tone="warn">
          <p>{t('late_hint')}</p>
        </Notice>
      )}
      <section class="card">
        <dl class="facts">
          <dt>{t('planned_time')}</dt>
          <dd class="num">{planned(visit)}</dd>
          {(over || started_at) && (
            <>
              <dt>{t('came')}</dt>
              <dd class="num">{started_at ? clock(started_at) : t('not_yet')}</dd>
              <dt>{t('left')}</dt>
              <dd class="num">{ended_at ? clock(ended_at) : t('not_yet')}</dd>
            </>
          )}
          {started_at && ended_at && (
            <>
              <dt>{t('lasted')}</dt>
              <dd class="num">{minutesText(Date.parse(ended_at) - Date.parse(started_at))}</dd>
            </>
          )}
          <dt>{t(started_at ? 'who_came' : 'who_comes')}</dt>
          <dd>{who(visit)}</dd>
          <dt>{t('office')}</dt>
          <dd>{visit.office}</dd>
        </dl>
      </section>
      {(state === 'done' || visit.tasks.length > 0) && (
        <section class="card stack tight">
          <h2>{t('done_what')}</h2>
          {visit.tasks.length ? (
            <ul class="ticks">
              {visit.tasks.map((task) => (
                <li key={task}>
                  <Icon name="check" /> {taskName(task, content)}
                </li>
              ))}
            </ul>
          ) : (
            <p class="soft">{t('done_none')}</p>
          )}
        </section>
      )}
      {visit.changes.length > 0 && (
        <section class="card stack tight">
          <h2>{t('changed_later')}</h2>
          <ul class="changes">
            {visit.changes.map((change) => (
              <ChangeLine key={change.at + change.what} change={change} />
            ))}
          </ul>
        </section>
      )}
      {state !== 'coming' && state !== 'cancelled' && (
        <section class="stack">
          <h2>{t('say_title')}</h2>
          {state === 'done' && !said.has('confirm') && (
            <Button kind="primary" big wide icon="check" busy={busy.value} onClick={() => void confirmIt()}>
              {t('say_confirm')}
            </Button>
          )}
          {state === 'done' && !said.has('rate') && (
            <Link to={`/family/visit/${id}/say/rate`} class="button plain big wide">
              {t('say_rate')}
            </Link>
          )}
          <Link to={`/family/visit/${id}/say/ask`} class="button plain big wide">
            {t('say_ask')}
          </Link>
          {visit.may_object && (
            <Link to={`/family/visit/${id}/say/object`} class="button danger big wide">
              {t('say_object')}
            </Link>
          )}
        </section>
      )}
      {asked.value && (
        <Dialog
          title={t('take_back_ask')}
          onClose={() => (asked.value = null)}
          actions={
            <>
              <Button onClick={() => (asked.value = null)}>{common('cancel')}</Button>
              <Button kind="danger" busy={busy.value} onClick={() => asked.value && void takeBack(asked.value)}>
                {t('take_back')}
              </Button>
            </>
          }
        >
          <p>{t('take_back_hint')}</p>
        </Dialog>
      )}
    </Page>
  )
}
