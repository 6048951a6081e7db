/** The first screen of the day: which calls, in which order, and the button to scan. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { door as t } from '../i18n/door'
import { contentName } from '../i18n/services'
import { entries, sending } from '../outbox'
import { Link, navigate } from '../router'
import { isAnnulled } from '../rules/visit'
import { visitWord } from '../rules/words'
import { Button, civilDay, civilDayName, clock, dayClock, EmptyState, ErrorState, Icon, Loading, minutesText, Notice, StatusWord, weekday } from '../ui'
import { lazy } from '../ui/lazy'
import { useNow } from '../ui/use'
import { common } from '../i18n/common'
import { carried, daysAhead, hasDay, keptDays, today } from './days'
import { OutboxBar, Screen } from './frame'
import { ServiceMark, StandingTag } from './parts'
import { type Call, calls, dayBusy, dayProblem, dayRead, isOpen, isRunning, recordsOf, refresh, verifyOf } from './state'

/** At noon the morning's calls must not hide the next one. */
function useIntoView(wanted: boolean) {
  const mark = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    if (wanted) mark.current?.closest('.call')?.scrollIntoView({ block: 'nearest' })
  }, [wanted])
  return mark
}

function CallCard({ call, next, now }: { call: Call; next: boolean; now: number }) {
  const mark = useIntoView(next)
  const { visit, standing } = call
  const records = recordsOf(visit.id).filter((entry) => entry.event.kind !== 'annul' && !isAnnulled(entry, entries.value))
  const state = visitWord(records, verifyOf)
  const running = isRunning(call)
  return (
    <Link to={`/door/visit/${visit.id}`} class={`call ${next ? 'next' : ''} ${running ? 'running' : ''} ${isOpen(call) || running ? '' : 'over'}`}>
      <span class="call-top" ref={mark}>
        <span class="call-time num">
          {clock(visit.window_start)}
          {visit.window_end !== visit.window_start && <small>–{clock(visit.window_end)}</small>}
        </span>
        <ServiceMark type={visit.service_type} />
      </span>
      <span>
        <strong class="call-name">{visit.elder.name}</strong> {visit.content && <span class="soft">{contentName(visit.content)}</span>}
      </span>
      {visit.household.address && (isOpen(call) || running) && <span class="call-place">{visit.household.address}</span>}
      <span class="call-words">
        {next && !running ? <span class="word next">{t('next_call')}</span> : <StandingTag call={call} />}
        {running && standing.started_at && <span class="num">{t('running_for', { time: minutesText(now - Date.parse(standing.started_at)) })}</span>}
        {state && <StatusWord word={state.word} refused={state.refused} />}
      </span>
    </Link>
  )
}

const DueStrips = lazy<object>(async () => (await import('./due-strips')).DueStrips, { quiet: true })
const Ahead = lazy<{ day: string }>(async () => (await import('./ahead')).Ahead)

/** Today and the days ahead, each with its number of calls. */
function DayChips({ shown, onPick }: { shown: string; onPick: (day: string) => void }) {
  const days = daysAhead.value
  if (days.length < 2) return null
  return (
    <div class="day-chips" role="group" aria-label={t('days_ahead')}>
      {days.map((day, n) => (
        <button key={day} type="button" class="day-chip" aria-pressed={day === shown} onClick={() => onPick(day)}>
          {n < 2 ? t(n ? 'tomorrow' : 'nav_today') : weekday(day)}
          <small class="num">{t('calls_short', { n: keptDays.value.get(day)?.visits.length ?? 0 })}</small>
        </button>
      ))}
    </div>
  )
}

function KeptNotice() {
  const heard = carried.value?.server_time
  if (!dayProblem.value || !heard || dayProblem.value.status === 401) return null
  return (
    <Notice tone="warn" icon="offline">
      <p>{hasDay(today.value) ? t('today_kept', { time: civilDay(heard) === today.value ? clock(heard) : dayClock(heard) }) : t('today_old')}</p>
    </Notice>
  )
}

export function Today() {
  const now = useNow(15_000).value
  const picked = useSignal('')
  const chosen = picked.value > today.value && hasDay(picked.value) ? picked.value : today.value
  const shown = calls.value
  const left = shown.filter((call) => isOpen(call) || isRunning(call)).length
  // What was missed can still be served, but it is not what comes next.
  const next = shown.find(isRunning) ?? shown.find((call) => isOpen(call) && Date.parse(call.visit.window_end) >= now)
  const problem = dayProblem.value
  const mustEnrol = problem?.status === 401 || sending.value.needsEnrolment
  // The next call was brought into view; that the phone no longer counts stands above it.
  useEffect(() => {
    if (mustEnrol) scrollTo(0, 0)
  }, [mustEnrol])
  const body = () => {
    if (chosen !== today.value) return <Ahead day={chosen} />
    if (shown.length) {
      return (
        <>
          <p class="soft num">{t('today_count', { n: shown.length, left })}</p>
          {shown.map((call) => (
            <CallCard key={call.visit.id} call={call} next={call === next} now={now} />
          ))}
        </>
      )
    }
    if (dayBusy.value || !dayRead.value) return <Loading />
    if (hasDay(today.value)) {
      return (
        <EmptyState icon="calendar" title={t('today_empty')}>
          <p>{t('today_empty_hint')}</p>
        </EmptyState>
      )
    }
    if (problem && problem.status === 401) return null
    if (problem && problem.status !== 0) return <ErrorState error={problem} onRetry={() => void refresh()} />
    return (
      <EmptyState icon="offline" title={t('today_none_kept')}>
        <p>{t('today_none_kept_hint')}</p>
        <Button kind="primary" icon="refresh" onClick={() => void refresh()}>
          {common('retry')}
        </Button>
      </EmptyState>
    )
  }
  return (
    <Screen
      title={civilDayName(chosen)}
      side={<Button kind="quiet" icon="refresh" busy={dayBusy.value && !sending.value.busy} aria-label={common('refresh')} onClick={() => void refresh()} />}
      nav
      foot={
        <Button kind="primary" big wide icon="scan" onClick={() => navigate('/door/scan')}>
          {t('scan_now')}
        </Button>
      }
    >
      <OutboxBar />
      {problem?.status === 401 && !sending.value.needsEnrolment && (
        <Notice tone="bad" icon="phone">
          <p>{t('out_enrol')}</p>
          <Link to="/door/enrol" class="button plain">
            {t('out_enrol_go')}
          </Link>
        </Notice>
      )}
      <KeptNotice />
      <DueStrips />
      <DayChips shown={chosen} onPick={(day) => (picked.value = day)} />
      {body()}
      {chosen === today.value && shown.length > 0 && !sending.value.unsent && entries.value.length > 0 && (
        <p class="all-sent">
          <Icon name="reached" />
          {t('all_sent')}
        </p>
      )}
    </Screen>
  )
}
