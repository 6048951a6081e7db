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
  if (!token) return { kind: 'unknown' }
  const found = await callsOfCard(token, calls)
  if (found.some((other) => other.visit.id === call.visit.id)) return { kind: 'same' }
  if (found.length) return { kind: 'other', calls: found }
  return call.visit.household.code_hash ? { kind: 'stranger' } : { kind: 'unknown' }
}

/** Calls in the same home; the call itself comes first. */
export function sameHome(call: Call, calls: readonly Call[]): Call[] {
  const home = call.visit.household.id
  const others = home ? calls.filter((other) => other !== call && other.visit.id !== call.visit.id && other.visit.household.id === home) : []
  return [call, ...others]
}

export function windowsMeet({ visit: a }: Call, { visit: b }: Call): boolean {
  return Date.parse(a.window_start) < Date.parse(b.window_end) && Date.parse(b.window_start) < Date.parse(a.window_end)
}
