/** What an event does to its visit, and which rules it does not meet: the same law as the server's (rules.py), on the phone. */
import { came, decided, inside, isOpenable, isRunning, leftAt } from './attendance'
import type { Effect, Interval, Link, Seen, VisitFacts } from './facts'
import { ofPeople, ofPlan, ofTime, overlap } from './plan'
import { card, place, timing } from './presence'

const EMERGENCY = 'emergency'

export interface Judgement {
  effect: Effect
  codes: string[]
}
interface Moment {
  event: Seen
  at: number
  visit: VisitFacts
  times: readonly Interval[]
}

/** Decides about one event and moves its visit on. `times` are the caregiver's own, around the time of the event. */
export function judge(event: Seen, visit: VisitFacts, times: readonly Interval[]): Judgement {
  const { at, codes } = timing(event)
  const step = { check_in: checkIn, check_out: checkOut, not_served: notServed }[event.kind]({ event, at, visit, times })
  const all = [...codes, ...place(event), ...employed(event, visit.day), ...card(event), ...step.codes]
  if (!visit.assigned && !visit.walk_in) all.push('NOT_ASSIGNED')
  visit.links = [...visit.links, link(event, at, step.effect)]
  return { effect: step.effect, codes: [...new Set(all)] }
}

/** What an event shows by itself, whatever the visit. */
export const proof = (event: Seen): string[] => [...timing(event).codes, ...place(event), ...card(event)]

/** What the event says of itself where no visit is known: somebody who is not in the plan, or whom nobody has named. */
export function judgeLoose(event: Seen): string[] {
  const missing = event.kind === 'check_in' ? ['ELDER_UNCLEAR', 'NO_PLANNED_VISIT'] : ['NO_PLANNED_VISIT']
  return [...proof(event), ...missing]
}

function employed({ by }: Seen, day: string): string[] {
  const early = by.employed_from !== null && day < by.employed_from
  return early || (by.employed_to !== null && by.employed_to <= day) ? ['NOT_EMPLOYED'] : []
}

const link = ({ id, by, kind, tasks, acknowledged }: Seen, at: number, effect: Effect): Link => ({ event: id, who: by.id, kind, effect, at, tasks: tasks.length, acknowledged })

function checkIn(moment: Moment): Judgement {
  const { event, at, visit, times } = moment
  if (isOpenable(visit.op_state)) {
    const codes = [...ofTime(at, visit), ...ofPlan(visit), ...ofPeople(event.by, visit), ...overlap(at, null, visit, times)]
    visit.op_state = 'in_progress'
    visit.started_at = at
    visit.ended_at = null
    return arrive(moment, 'opened', codes)
  }
  if (!mayJoin(event.by.id, at, visit)) return { effect: 'none', codes: ['ALREADY_IN_PROGRESS'] }
  const codes = [...ofPeople(event.by, visit), ...overlap(at, null, visit, times)]
  visit.op_state = 'in_progress'
  visit.ended_at = null
  visit.started_at = Math.min(visit.started_at ?? at, at)
  return arrive(moment, 'joined', codes)
}

/** The second of two caregivers; or the first, whose phone had no network until the other had left. */
function mayJoin(who: string, at: number, visit: VisitFacts): boolean {
  const here = inside(visit.links)
  if (isRunning(visit.op_state)) return !here.has(who) && here.size < visit.carers_needed
  const arrived = came(visit.links)
  const missing = !arrived.has(who) && arrived.size < visit.carers_needed
  return visit.op_state === 'completed' && missing && visit.ended_at !== null && at <= visit.ended_at && !decided(visit)
}

/** A check-out that was heard of before its check-in finds its place now. */
function arrive({ event, at, visit, times }: Moment, effect: 'opened' | 'joined', codes: string[]): Judgement {
  const kept = visit.links
  visit.links = [...kept, link(event, at, effect)]
  const gone = leftAt(visit.links, event.by.id)
  const step: Judgement = { effect, codes }
  if (gone !== null) {
    step.codes = [...codes, ...overlap(at, gone, visit, times)]
    if (!inside(visit.links).size) {
      step.codes.push(...complete(gone, visit))
      step.effect = `${effect}_and_closed`
    }
  }
  visit.links = kept
  return step
}

function checkOut({ event, at, visit, times }: Moment): Judgement {
  const who = event.by.id
  const arrived = came(visit.links).get(who)
  const here = inside(visit.links)
  if (isRunning(visit.op_state) && arrived !== undefined && here.has(who)) {
    const codes = overlap(arrived, Math.max(at, arrived), visit, times)
    if (here.size > 1) return { effect: 'left', codes }
    return { effect: 'closed', codes: [...complete(at, visit, event), ...codes] }
  }
  const waits = arrived === undefined && (isOpenable(visit.op_state) || isRunning(visit.op_state) || visit.op_state === 'completed')
  return { effect: waits ? 'waiting' : 'none', codes: ['NOT_CHECKED_IN'] }
}

function notServed({ event, at, visit }: Moment): Judgement {
  const running = isRunning(visit.op_state)
  if (!(isOpenable(visit.op_state) || running) || (running && !inside(visit.links).has(event.by.id))) {
    return { effect: 'none', codes: ['ALREADY_IN_PROGRESS'] }
  }
  visit.op_state = 'not_served'
  if (visit.started_at !== null) visit.ended_at = Math.max(at, visit.started_at)
  return { effect: 'not_served', codes: [] }
}

/** Ends the visit; `event` is the check-out that does it and is not among the links yet. */
function complete(at: number, visit: VisitFacts, event?: Seen): string[] {
  const start = visit.started_at ?? at
  const codes: string[] = []
  if (at < start) codes.push('CLOCK_FAR')
  // Records may be heard of in another order than people left.
  const arrived = came(visit.links)
  const left = [...arrived.keys()].map((who) => leftAt(visit.links, who)).filter((one) => one !== null)
  const ended = Math.max(at, start, ...left)
  visit.op_state = 'completed'
  visit.ended_at = ended
  const minutes = (ended - start) / 60_000
  const here = visit.links.filter(({ who }) => arrived.has(who))
  const words = [...here.flatMap(({ acknowledged }) => acknowledged), ...(event?.acknowledged ?? [])]
  const acknowledged = new Set(words.map((name) => name.split('@')[0]))
  if (arrived.size < visit.carers_needed) codes.push('CARERS_MISSING')
  if (visit.safety_procedure && !acknowledged.has(visit.safety_procedure)) codes.push('PROCEDURE_MISSING')
  if (!acknowledged.has(EMERGENCY)) codes.push('EMERGENCY_NOT_ACKNOWLEDGED')
  if (!event?.tasks.length && !here.some(({ tasks }) => tasks)) codes.push('TASKS_MISSING')
  if (minutes < visit.min_minutes) codes.push('TOO_SHORT')
  if (minutes > visit.max_minutes) codes.push('TOO_LONG')
  return codes
}
