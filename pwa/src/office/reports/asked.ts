/** What an auditor's read was about, in words: its period and the filters that have some. */
import { dayShift } from '../../dispatch/board'
import { p } from '../../i18n/reports'
import { r } from '../../i18n/review'
import { civilDayFull, dayClock } from '../../ui/format'

const BY = { provider: 'by_provider', caregiver: 'by_caregiver', service_type: 'by_service_type' } as const
const STEP = { day: 'step_day', week: 'step_week', month: 'step_month' } as const
const GROUP = { must_fix: 'must_fix', may_acknowledge: 'may_acknowledge' } as const
const word = <Names extends Record<string, string>>(names: Names, value: string | undefined) => (value && Object.keys(names).includes(value) ? names[value as keyof Names] : undefined)

/** A civil day is the last one of the period, a moment is its end. */
const first = (at: string) => (at.length === 10 ? civilDayFull(at) : dayClock(at))
const last = (at: string) => (at.length === 10 ? civilDayFull(dayShift(at, -1)) : dayClock(at))

export function askedText(asked: Readonly<Record<string, string>>): string {
  const { since, until, day } = asked
  const [by, step, group] = [word(BY, asked['by']), word(STEP, asked['step']), word(GROUP, asked['group'])]
  return [
    since && until ? p('asked_period', { since: first(since), until: last(until) }) : since ? p('asked_since', { since: first(since) }) : until ? p('asked_until', { until: last(until) }) : '',
    day ? civilDayFull(day) : '',
    by ? p('asked_by', { by: p(by) }) : '',
    step ? p('asked_step', { step: p(step) }) : '',
    group ? r(group) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}
