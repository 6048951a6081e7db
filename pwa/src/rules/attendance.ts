/** Who came to a visit and who has left, told from the whole list of what its events did; as attendance.py of the server. */
import type { OpState } from '../api/wire'
import type { Effect, Interval, Link, VisitFacts } from './facts'

export const ANNUL_WITHIN_MS = 15 * 60_000
const OPENABLE: readonly OpState[] = ['planned', 'assigned', 'missed']
const RUNNING: readonly OpState[] = ['in_progress', 'unclosed']
const CAME: readonly Effect[] = ['opened', 'joined', 'opened_and_closed', 'joined_and_closed']
const CLOSING: readonly Effect[] = ['closed', 'opened_and_closed', 'joined_and_closed']

export const isOpenable = (state: OpState) => OPENABLE.includes(state)
export const isRunning = (state: OpState) => RUNNING.includes(state)

/** When each caregiver came (last). */
export function came(links: readonly Link[]): Map<string, number> {
  return new Map(links.filter((link) => CAME.includes(link.effect)).map((link) => [link.who, link.at]))
}

/** When this caregiver left after having come (last), if so. */
export function leftAt(links: readonly Link[], who: string): number | null {
  const arrived = came(links).get(who)
  if (arrived === undefined) return null
  const mine = links.filter((link) => link.who === who)
  const gone = mine.filter((link) => link.effect === 'left' || link.effect === 'closed')
  const waited = mine.filter((link) => link.effect === 'waiting' && link.at >= arrived)
  const arrivals = mine.filter((link) => CAME.includes(link.effect)).length
  if (gone.length + Number(waited.length > 0) < arrivals) return null
  return Math.max(...[...gone, ...waited].map((link) => link.at))
}

/** The caregivers who came and have not left. */
export function inside(links: readonly Link[]): Set<string> {
  return new Set([...came(links).keys()].filter((who) => leftAt(links, who) === null))
}

/** The time that a caregiver spent in a visit; one who is still there is taken to stay as long as one may, and an hour. */
export function interval(visit: VisitFacts, who: string): Interval | null {
  const arrived = came(visit.links).get(who)
  if (arrived === undefined) return null
  const until = leftAt(visit.links, who) ?? visit.ended_at ?? arrived + (visit.max_minutes + 60) * 60_000
  return { home: visit.home, start: arrived, end: Math.max(arrived, until) }
}

/** What a person has decided, or a statement holds, only a person changes. */
export function decided({ verify_state, settle_state }: VisitFacts): boolean {
  return ['verified', 'rejected', 'reopened'].includes(verify_state) || !['unsettled', 'held'].includes(settle_state)
}

const closing = (links: readonly Link[]) => links.filter((link) => CLOSING.includes(link.effect)).pop()?.event

/** Whether what `target` did to the visit can be taken back. */
export function canAnnul(at: number, target: Link, visit: VisitFacts): boolean {
  if (at - target.at > ANNUL_WITHIN_MS || decided(visit)) return false
  const here = inside(visit.links)
  const others = [...came(visit.links).keys()].some((who) => who !== target.who)
  const running = isRunning(visit.op_state)
  switch (target.effect) {
    case 'opened':
      return running && here.size === 1 && here.has(target.who) && !others
    case 'joined':
      return running && here.size > 1 && here.has(target.who)
    case 'left':
      return running && !here.has(target.who)
    case 'closed':
      return visit.op_state === 'completed' && target.event === closing(visit.links)
    case 'not_served':
      return visit.op_state === 'not_served'
    case 'opened_and_closed':
    case 'joined_and_closed':
      return false
    default:
      return true
  }
}

/** Takes back what `target` did, after canAnnul() had nothing against it. */
export function annul(target: Link, visit: VisitFacts): void {
  visit.links = visit.links.filter((link) => link.event !== target.event)
  // The person's next check-in, which found the visit in progress, takes the place of the one taken back.
  const second = visit.links.find((link) => link.kind === 'check_in' && link.effect === 'none' && link.who === target.who)
  if (target.effect === 'opened' && second) {
    visit.links = visit.links.map((link) => (link === second ? { ...link, effect: 'opened' } : link))
    visit.op_state = 'in_progress'
    visit.started_at = second.at
  } else if (target.effect === 'opened') {
    visit.op_state = before(visit)
    visit.started_at = null
  } else if (target.effect === 'not_served') {
    visit.op_state = visit.started_at === null ? before(visit) : 'in_progress'
    visit.ended_at = null
  } else if (visit.op_state === 'completed' && inside(visit.links).size) {
    visit.op_state = 'in_progress'
    visit.ended_at = null
  } else if (target.effect === 'joined') {
    visit.started_at = Math.min(...came(visit.links).values())
  }
}

const before = (visit: VisitFacts): OpState => (visit.walk_in ? 'cancelled' : visit.any_assigned ? 'assigned' : 'planned')
