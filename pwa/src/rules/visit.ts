/** How a visit stands, when the phone knows of events that the server's list does not contain yet. */
import type { DoorVisit, OpState } from '../api/wire'
import type { Entry } from '../outbox/db'
import { visitIdsOf } from './words'

export interface Standing {
  /** As it is for this caregiver: of two carers each comes and goes for themselves. */
  state: OpState
  started_at: string | null
  ended_at: string | null
  /** Somebody else is there already. */
  colleague: boolean
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

const lastOf = (facts: readonly Fact[], fits: (fact: Fact) => boolean): Fact | undefined => facts.filter(fits).pop()

/** The server's list does not say what an annulment aimed at: it was the latest before it. */
function listedFacts(visit: Pick<DoorVisit, 'events'>, local: ReadonlySet<string>): Fact[] {
  const facts: Fact[] = []
  for (const { event_id: id, kind, at, verdict } of visit.events) {
    if (verdict === 'refused' || local.has(id)) continue
    const annuls = kind === 'annul' ? (lastOf(facts, (fact) => fact.kind !== 'annul')?.id ?? null) : null
    facts.push({ id, kind, at, annuls })
  }
  return facts
}

export function standing(visit: Pick<DoorVisit, 'id' | 'op_state' | 'events'>, entries: readonly Entry[], listedAt: string): Standing {
  const mine = entries.filter((entry) => visitIdsOf(entry).includes(visit.id))
  const live = mine.filter((entry) => !refused(entry))
  const facts: Fact[] = [
    ...listedFacts(visit, new Set(mine.map((entry) => entry.event_id))),
    ...live.map(({ event }) => ({ id: event.event_id, kind: event.kind, at: event.claimed_at, annuls: event.annuls })),
  ]
  const annulled = new Set(facts.map((fact) => fact.annuls))
  const valid = facts.filter((fact) => fact.kind !== 'annul' && !annulled.has(fact.id))
  const last = (kind: Fact['kind']) => valid.map((fact) => fact.kind).lastIndexOf(kind)
  const [into, out, not] = [last('check_in'), last('check_out'), last('not_served')]
  const left = out >= 0 && out > into

  let state = visit.op_state
  for (const { event } of live.filter((entry) => isNews(entry, listedAt))) {
    if (annulled.has(event.event_id)) continue
    if (event.kind === 'check_in') state = 'in_progress'
    else if (event.kind === 'check_out') state = 'completed'
    else if (event.kind === 'not_served') state = 'not_served'
    else if (event.kind === 'annul') state = left ? 'completed' : not >= 0 ? 'not_served' : into >= 0 ? 'in_progress' : 'assigned'
  }
  let colleague = false
  if (state === 'in_progress' || state === 'unclosed') {
    if (left) state = 'completed'
    else if (into < 0) {
      state = 'assigned'
      colleague = true
    }
  }
  return {
    state,
    started_at: valid[into]?.at ?? null,
    ended_at: (left ? valid[out]?.at : valid[not]?.at) ?? null,
    colleague,
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
