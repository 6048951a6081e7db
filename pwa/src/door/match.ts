/** Whose card was scanned, found without network by the salted hashes of today's homes. */
import { homeHash } from '../outbox/bytes'
import type { Call } from './state'

export type Match =
  | { kind: 'same' }
  /** It belongs to other calls of today. */
  | { kind: 'other'; calls: Call[] }
  | { kind: 'stranger' }
  /** There is nothing to compare with: a typed code, or a home without a hash. */
  | { kind: 'unknown' }

export async function callsOfCard(token: string, calls: readonly Call[]): Promise<Call[]> {
  const found: Call[] = []
  for (const call of calls) {
    const { code_salt, code_hash } = call.visit.household
    if (!code_salt || !code_hash) continue
    const hash = await homeHash(code_salt, token).catch(() => null)
    if (hash === code_hash) found.push(call)
  }
  return found
}

export async function matchCard(token: string | null, call: Call, calls: readonly Call[]): Promise<Match> {
  if (!token || (call.adhoc && !call.token)) return { kind: 'unknown' }
  if (call.adhoc && call.token === token) return { kind: 'same' }
  const found = await callsOfCard(token, calls)
  if (found.some((other) => other.visit.id === call.visit.id)) return { kind: 'same' }
  if (found.length) return { kind: 'other', calls: found }
  return call.adhoc || call.visit.household.code_hash ? { kind: 'stranger' } : { kind: 'unknown' }
}

/** The call, and for each other elder of the same home the call nearest in time: an event holds an elder once. */
export function sameHome(call: Call, calls: readonly Call[]): Call[] {
  const home = call.visit.household.id
  const gap = (other: Call) => Math.abs(Date.parse(other.visit.window_start) - Date.parse(call.visit.window_start))
  const found = new Map([[call.visit.elder.id, call]])
  if (home) {
    const others = calls.filter((other) => other.visit.household.id === home && other.visit.id !== call.visit.id)
    for (const other of others.sort((a, b) => gap(a) - gap(b))) if (!found.has(other.visit.elder.id)) found.set(other.visit.elder.id, other)
  }
  return [...found.values()]
}

export function windowsMeet({ visit: a }: Call, { visit: b }: Call): boolean {
  return Date.parse(a.window_start) < Date.parse(b.window_end) && Date.parse(b.window_start) < Date.parse(a.window_end)
}
