/** How a visit stands, when the phone knows of events that the server's list does not contain yet. */
import type { DoorVisit, OpState } from '../api/wire'
import type { Entry } from '../outbox/db'
import { visitIdsOf } from './words'

export interface Standing {
  state: OpState
  started_at: string | null
  ended_at: string | null
  /** The event to check out of or to annul. */
  check_in: string | null
  /** Something of it is still on the phone only. */
  unsent: boolean
}

interface Fact {
  id: string
  kind: Entry['event']['kind']
  at: string
  annuls: string | null
}

const refused = (entry: Entry) => entry.answer?.verdict === 'refused'

/** Local events the server's list cannot know: no receipt yet, or a receipt later than the list. */
export function isNews(entry: Entry, listedAt: string): boolean {
  if (entry.state !== 'answered' || !entry.answer) return true
  return Date.parse(entry.answer.received_at) > Date.parse(listedAt)
}

export function standing(visit: Pick<DoorVisit, 'id' | 'op_state' | 'events'>, entries: readonly Entry[], listedAt: string): Standing {
  const mine = entries.filter((entry) => visitIdsOf(entry).includes(visit.id))
  const live = mine.filter((entry) => !refused(entry))
  const local = new Set(mine.map((entry) => entry.event_id))
  const facts: Fact[] = [
    ...visit.events
      .filter((event) => event.verdict !== 'refused' && !local.has(event.event_id))
      .map((event) => ({ id: event.event_id, kind: event.kind, at: event.at, annuls: null })),
    ...live.map(({ event }) => ({ id: event.event_id, kind: event.kind, at: event.claimed_at, annuls: event.annuls })),
  ]
  const annulled = new Set(facts.map((fact) => fact.annuls))
  const standingFacts = facts.filter((fact) => !annulled.has(fact.id))
  const last = (kind: Fact['kind']) => standingFacts.findLast((fact) => fact.kind === kind)
  const [into, out, not] = [last('check_in'), last('check_out'), last('not_served')]

  let state = visit.op_state
  for (const { event } of live.filter((entry) => isNews(entry, listedAt))) {
    if (annulled.has(event.event_id)) continue
    if (event.kind === 'check_in') state = 'in_progress'
    else if (event.kind === 'check_out') state = 'completed'
    else if (event.kind === 'not_served') state = 'not_served'
    else if (event.kind === 'annul') state = out ? 'completed' : not ? 'not_served' : into ? 'in_progress' : 'assigned'
  }
  return {
    state,
    started_at: into?.at ?? null,
    ended_at: out?.at ?? not?.at ?? null,
    check_in: into?.id ?? null,
    unsent: live.some((entry) => entry.state !== 'answered'),
  }
}

/** An event may be taken back by the same phone for a quarter of an hour. */
export const ANNUL_MS = 15 * 60_000

export function canAnnul(entry: Entry, entries: readonly Entry[], now: number): boolean {
  if (entry.event.kind === 'annul' || refused(entry)) return false
  const age = now - entry.created_at
  if (age < 0 || age >= ANNUL_MS) return false
  return !isAnnulled(entry, entries)
}

export const isAnnulled = (entry: Entry, entries: readonly Entry[]): boolean =>
  entries.some((other) => other.event.annuls === entry.event_id && !refused(other))

/** Visits that began with a scan and no plan, until the server's list has them. */
export function adhocRuns(entries: readonly Entry[], listed: ReadonlySet<string>): Entry[] {
  return entries.filter(
    (entry) =>
      entry.event.kind === 'check_in' &&
      entry.event.visit_id === null &&
      !refused(entry) &&
      !isAnnulled(entry, entries) &&
      !(entry.answer?.visits ?? []).some((visit) => listed.has(visit.visit_id)),
  )
}
