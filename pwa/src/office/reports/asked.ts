/** What an auditor's read was about, in words: its period and the filters that have some. */
import { dayShift } from '../../dispatch/board'
import { t as d } from '../../i18n/dispatch'
import { t as o } from '../../i18n/office'
import { findingText } from '../../i18n/remedies'
import { p } from '../../i18n/reports'
import { r } from '../../i18n/review'
import { civilDayFull, dayClock } from '../../ui/format'

const BY = { provider: 'by_provider', caregiver: 'by_caregiver', service_type: 'by_service_type' } as const
const STEP = { day: 'step_day', week: 'step_week', month: 'step_month' } as const
const GROUP = { must_fix: 'must_fix', may_acknowledge: 'may_acknowledge' } as const
const STATE = { open: 'feedback_open', closed: 'feedback_closed', all: 'feedback_all' } as const
const KIND = { confirm: () => r('feedback_confirm'), rate: () => p('asked_rate'), ask: () => r('feedback_ask'), object: () => p('asked_object') } as const
const OP = {
  planned: 'f_planned',
  assigned: 'f_assigned',
  in_progress: 'f_in_progress',
  completed: 'f_completed',
  late: 'f_late',
  unknown: 'f_unknown',
  missed: 'f_missed',
  not_served: 'f_not_served',
  unclosed: 'f_unclosed',
  cancelled: 'f_cancelled',
  held: 'f_held',
} as const
const ONLY = { without_card: 'cards_without_card', with_card: 'cards_with_card', without_point: 'cards_without_point' } as const
const word = <Names extends Record<string, unknown>>(names: Names, value: string | undefined) => (value && Object.keys(names).includes(value) ? names[value as keyof Names] : undefined)

/** A civil day is the last one of the period, a moment is its end. */
const first = (at: string) => (at.length === 10 ? civilDayFull(at) : dayClock(at))
const last = (at: string) => (at.length === 10 ? civilDayFull(dayShift(at, -1)) : dayClock(at))

export function askedText(asked: Readonly<Record<string, string>>): string {
  const { since, until, day, cause, provider_id } = asked
  const [by, step, group] = [word(BY, asked['by']), word(STEP, asked['step']), word(GROUP, asked['group'])]
  const [state, kind, op, only] = [word(STATE, asked['state']), word(KIND, asked['kind']), word(OP, asked['op_state']), word(ONLY, asked['only'])]
  return [
    since && until ? p('asked_period', { since: first(since), until: last(until) }) : since ? p('asked_since', { since: first(since) }) : until ? p('asked_until', { until: last(until) }) : '',
    day ? civilDayFull(day) : '',
    by ? p('asked_by', { by: p(by) }) : '',
    step ? p('asked_step', { step: p(step) }) : '',
    group ? r(group) : '',
    cause ? (cause === 'GRADE' ? r('cause_grade') : findingText(cause)) : '',
    op ? d(op) : '',
    only ? o(only) : '',
    state ? r(state) : '',
    kind ? kind() : '',
    provider_id ? p('asked_provider', { id: provider_id }) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}
