/** The last signed time of the server that the phone holds, and how long ago it came, by a clock nobody can set. */
import type { CheckEvent, PhoneClock } from '../api/wire'
import { type Db, setMeta, type StoredAnchor } from './db'
import type { Env } from './env'

/** More than the wire holds: a phone that was on for three weeks. */
const LONGEST_MS = 2 ** 31 - 1
const MOST_MS = 6_311_520_000_000

let own: StoredAnchor | null = null

export async function keepAnchor(db: Db, { jws, env }: { jws: string; env: Env }): Promise<void> {
  own = { jws, perf: env.perf(), origin: env.origin, wall: env.now() }
  await setMeta(db, 'anchor', own)
}

/** The one to speak of: what this page itself has heard, or else what lies on the phone. */
export const bestAnchor = (kept: StoredAnchor | undefined, env: Env): StoredAnchor | undefined => (own?.origin === env.origin ? own : kept)

/**
 * How often the app has started since the anchor came, this start included; each start counts once. It is written down with
 * the record that tells it.
 */
export function countStart(kept: StoredAnchor | undefined, env: Env): StoredAnchor | undefined {
  if (!kept || kept.origin === env.origin || kept.counted === env.origin) return kept
  return { ...kept, restarts: (kept.restarts ?? 0) + 1, counted: env.origin }
}

/**
 * `elapsed_ms` is null when the page has started again since: its monotonic clock knows nothing of the time before.
 * It may also stand still while the phone sleeps, so it is a lower bound.
 */
export function timeBy(counted: StoredAnchor | undefined, env: Env): Pick<CheckEvent, 'anchor' | 'elapsed_ms'> & { clock: PhoneClock } {
  const clock: PhoneClock = { zone_min: env.zoneMin(), jump_ms: null, restarts: 0 }
  if (!counted) return { anchor: null, elapsed_ms: null, clock }
  if (counted.origin !== env.origin) return { anchor: counted.jws, elapsed_ms: null, clock: { ...clock, restarts: counted.restarts ?? 0 } }
  const elapsed = env.perf() - counted.perf
  if (counted.wall !== undefined) clock.jump_ms = bounded(env.now() - counted.wall - elapsed)
  return { anchor: counted.jws, elapsed_ms: Math.min(LONGEST_MS, Math.max(0, Math.round(elapsed))), clock }
}

/** A clock may be set to any year; the wire holds two centuries. */
const bounded = (ms: number) => Math.round(Math.max(-MOST_MS, Math.min(MOST_MS, ms)))

export function forgetAnchor(): void {
  own = null
}
