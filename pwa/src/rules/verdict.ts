/** The phone's verdict on a record that is about to be signed: what it knows of the visit, moved on by its own records, and the law. */
import type { CheckEvent, DoorCarer, DoorVisit, Judged } from '../api/wire'
import type { Entry } from '../outbox/db'
import { parse } from '../outbox/jws'
import { annul, canAnnul, interval, isRunning } from './attendance'
import { type Card, type Carer, type Interval, LAW, type Link, type Seen, type VisitFacts } from './facts'
import { judge, judgeLoose, proof } from './judge'

/** A visit as the phone holds it, with the phone's own records of it, oldest first. */
export interface Subject {
  visit: DoorVisit
  entries: readonly Entry[]
}

export interface Knowledge {
  me: string
  carer: DoorCarer | null
  /** Up to when the server's word reaches. */
  facts_at: string | null
}

/** Of a joint visit the phone does not hear what the colleague does: the rest is left to the server. */
export const OF_JOINT: readonly string[] = [
  ...['TOKEN_MISSING', 'WRONG_HOUSEHOLD', 'CAPTURE_WEAK', 'LOCATION_MISSING', 'LOCATION_INVALID', 'LOCATION_VAGUE', 'LOCATION_STALE'],
  ...['HOME_POINT_MISSING', 'CLOCK', 'TIME_UNPROVEN', 'NOT_ASSIGNED', 'NOT_EMPLOYED', 'QUALIFICATION_MISSING', 'ELDER_DECEASED'],
  ...['ELDER_ABSENT_STATUS', 'OVERLAP'],
]
const COUNTED: readonly string[] = ['in_progress', 'completed', 'unclosed']
const NOBODY: Carer = { id: '', employed_from: null, employed_to: null, held: [] }

/** Another visit of the caregiver's day, moved on by the phone's own records of it. */
export interface Beside {
  visit: DoorVisit
  facts: VisitFacts
}

const carerOf = ({ me, carer }: Knowledge): Carer | null => carer && { id: me, ...carer }

/** Null when the phone does not know all of it. The same for every record, so it can be read before there is one. */
export function besideOf(subject: Subject, known: Knowledge): Beside | null {
  const by = carerOf(known)
  const facts = by && factsOf(subject, by)
  return facts && { visit: subject.visit, facts }
}

/** `subjects` with whose card it was; `others`: what else the caregiver does that day. Null: there is nothing to judge. */
export function verdictOf(
  event: CheckEvent,
  { subjects, others, known }: { subjects: readonly (Subject & { card: Card })[]; others: readonly Beside[]; known: Knowledge },
): Judged | null {
  if (event.kind === 'annul') return null
  const by = carerOf(known)
  const read = (card: Card, visit?: DoorVisit) => seenOf(event, { card, by: by ?? NOBODY, home_point: visit?.facts?.point ?? null })
  const visits = by && subjects.map((subject) => factsOf(subject, by))
  if (!by || !visits?.length || visits.includes(null) || !known.facts_at) {
    const seen = read(event.token || event.short_code ? 'unknown' : 'none')
    const unplanned = event.kind === 'check_in' && !subjects.length
    const codes = !unplanned ? proof(seen) : event.elder_ids.length ? [...proof(seen), 'NO_PLANNED_VISIT'] : judgeLoose(seen)
    return { codes, rules: LAW, facts_at: null }
  }
  const times = others.map(({ facts }) => interval(facts, by.id)).filter((one): one is Interval => one !== null)
  const found = new Set<string>()
  subjects.forEach(({ visit, card }, i) => {
    const facts = visits[i] as VisitFacts
    facts.month_used += begunSince(visit, others)
    const { codes } = judge(read(card, visit), facts, times)
    for (const code of codes) if (visit.carers_needed < 2 || OF_JOINT.includes(code)) found.add(code)
  })
  return { codes: [...found], rules: LAW, facts_at: known.facts_at }
}

/** Visits of the same month's number that have begun on this phone since the server counted. */
function begunSince({ facts }: DoorVisit, others: readonly Beside[]): number {
  const month = facts?.month
  const fresh = ({ visit, facts: now }: Beside) => visit.facts?.month === month && !COUNTED.includes(visit.op_state) && COUNTED.includes(now.op_state)
  return month ? others.filter(fresh).length : 0
}

function seenOf(event: CheckEvent, { card, by, home_point }: { card: Card; by: Carer; home_point: boolean | null }): Seen {
  return {
    id: event.event_id,
    kind: event.kind as Seen['kind'],
    claimed_at: Date.parse(event.claimed_at),
    anchor_at: anchorAt(event.anchor),
    elapsed_ms: event.elapsed_ms,
    card,
    capture: event.capture,
    position: event.position,
    home_point,
    tasks: event.tasks,
    acknowledged: event.acknowledged,
    by,
  }
}

/** The server's time inside an anchor. Only the server can tell whether it is genuine. */
function anchorAt(anchor: string | null): number | null {
  if (!anchor) return null
  try {
    const at = Date.parse(parse<{ at: string }>(anchor).payload.at)
    return Number.isNaN(at) ? null : at
  } catch {
    return null
  }
}

/** What the server told, moved on by what this phone has recorded. Null when the phone does not know all of it. */
function factsOf({ visit, entries }: Subject, by: Carer): VisitFacts | null {
  const { facts } = visit
  const own = entries.filter(({ answer }) => answer?.verdict !== 'refused')
  const ids = new Set(entries.map(({ event_id }) => event_id))
  // Recorded with another phone: what was ticked there nobody has told this one.
  if (!facts || visit.events.some((event) => !ids.has(event.event_id) && event.verdict !== 'refused')) return null
  const start = Date.parse(visit.window_start)
  const moved: VisitFacts = {
    ...facts,
    home: visit.household.id,
    window_start: start,
    window_end: Date.parse(visit.window_end),
    min_minutes: visit.min_minutes ?? 0,
    max_minutes: visit.max_minutes ?? 24 * 60,
    carers_needed: visit.carers_needed,
    op_state: own.length ? 'assigned' : visit.op_state,
    verify_state: visit.verify_state,
    settle_state: visit.settle_state,
    started_at: null,
    ended_at: null,
    any_assigned: facts.assigned || visit.colleagues.length > 0,
    safety_procedure: visit.safety_procedure?.id ?? null,
    links: [],
  }
  if (!own.length) meetColleague(moved, start)
  for (const { event } of own) replay(event, moved, by)
  return moved
}

/** A visit that has begun without any record of this phone: somebody else is there, or was. */
function meetColleague(visit: VisitFacts, start: number): void {
  const link = (effect: Link['effect']): Link => ({ event: effect, who: 'colleague', effect, at: start, tasks: 0, acknowledged: [] })
  if (isRunning(visit.op_state) || visit.op_state === 'completed') {
    visit.links = visit.op_state === 'completed' ? [link('opened'), link('closed')] : [link('opened')]
    visit.started_at = start
    visit.ended_at = visit.op_state === 'completed' ? start : null
  }
}

function replay(event: CheckEvent, visit: VisitFacts, by: Carer): void {
  if (event.kind !== 'annul') {
    judge(seenOf(event, { card: 'none', by, home_point: null }), visit, [])
    return
  }
  const target = visit.links.find((link) => link.event === event.annuls)
  if (target && canAnnul(Date.parse(event.claimed_at), target, visit)) annul(target, visit)
}
