/** What the plan, the agreements and the people of a visit have to say to a check-in; as rules.py of the server. */
import type { Carer, Interval, VisitFacts } from './facts'

const FAR_OUTSIDE_MS = 60 * 60_000
const ABSENT = ['hospital_stay', 'respite_stay', 'away', 'welfare_institution']

/** Punctual is a check-in inside the planned window, its ends included. */
export function ofTime(at: number, visit: VisitFacts): string[] {
  if (visit.walk_in) return []
  const off = Math.max(visit.window_start - at, at - visit.window_end)
  if (off <= 0) return []
  return [off > FAR_OUTSIDE_MS ? 'FAR_OUTSIDE_WINDOW' : 'OUTSIDE_WINDOW']
}

export function ofPlan(visit: VisitFacts): string[] {
  const codes: string[] = []
  if (visit.walk_in) codes.push('NO_PLANNED_VISIT')
  if (!visit.item_in_plan) codes.push('ITEM_NOT_IN_PLAN')
  else if (visit.plan_state !== 'active') codes.push('PLAN_NOT_ACTIVE')
  if (visit.max_per_month !== null && visit.month_used >= visit.max_per_month) codes.push('MONTH_QUOTA_REACHED')
  if (!visit.agreement || visit.contracted === null) codes.push('AGREEMENT_NOT_IN_FORCE')
  if (visit.contracted === false) codes.push('TYPE_NOT_CONTRACTED')
  if (visit.contracted !== null && !visit.in_area) codes.push('OUT_OF_AREA')
  if ((visit.standing ?? 'active') !== 'active' || !visit.licence_ok) codes.push('PROVIDER_STANDING')
  return codes
}

export function ofPeople({ held }: Carer, visit: VisitFacts): string[] {
  const codes: string[] = []
  if (visit.elder_statuses.includes('deceased')) codes.push('ELDER_DECEASED')
  if (visit.elder_statuses.some((status) => ABSENT.includes(status))) codes.push('ELDER_ABSENT_STATUS')
  // Civil days as texts are in the order of time.
  const valid = held.filter(({ since, until }) => (since === null || since <= visit.day) && (until === null || visit.day <= until))
  if (visit.needed.some((kinds) => !valid.some(({ kind }) => kinds.includes(kind)))) codes.push('QUALIFICATION_MISSING')
  return codes
}

/** Half-open intervals in another home. A joint visit in one home is no overlap. An arrival alone is an instant. */
export function overlap(start: number, end: number | null, visit: VisitFacts, times: readonly Interval[]): string[] {
  const meets = (other: Interval) => (end === null ? other.start <= start : other.start < end) && (other.end === null || start < other.end)
  return times.some((other) => other.home !== visit.home && meets(other)) ? ['OVERLAP'] : []
}
