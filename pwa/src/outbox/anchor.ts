/** The last signed time of the server that the phone holds, and how long ago it came, by a clock nobody can set. */
import type { CheckEvent, PhoneClock } from '../api/wire'
import { type Db, getMeta, setMeta, type StoredAnchor } from './db'
import type { Env } from './env'

/** More than the wire holds: a phone that was on for three weeks. */
const LONGEST_MS = 2 ** 31 - 1
const MOST_MS = 6_311_520_000_000

let own: StoredAnchor | null = null

export async function keepAnchor(db: Db, { jws, env }: { jws: string; env: Env }): Promise<void> {
  own = { jws, perf: env.perf(), origin: env.origin, wall: env.now() }
  await setMeta(db, 'anchor', own)
}

/**
 * `elapsed_ms` is null when the page has started again since: its monotonic clock knows nothing of the time before.
 * It may also stand still while the phone sleeps, so it is a lower bound.
 */
export async function readAnchor(db: Db, { env }: { env: Env }): Promise<Pick<CheckEvent, 'anchor' | 'elapsed_ms'> & { clock: PhoneClock }> {
  const kept = own?.origin === env.origin ? own : await getMeta(db, 'anchor')
  const clock: PhoneClock = { zone_min: env.zoneMin(), jump_ms: null, restarts: 0 }
  if (!kept) return { anchor: null, elapsed_ms: null, clock }
  if (kept.origin !== env.origin) return { anchor: kept.jws, elapsed_ms: null, clock: { ...clock, restarts: await restartsOf(db, kept, env) } }
  const elapsed = env.perf() - kept.perf
  if (kept.wall !== undefined) clock.jump_ms = bounded(env.now() - kept.wall - elapsed)
  return { anchor: kept.jws, elapsed_ms: Math.min(LONGEST_MS, Math.max(0, Math.round(elapsed))), clock }
}

/** A clock may be set to any year; the wire holds two centuries. */
const bounded = (ms: number) => Math.round(Math.max(-MOST_MS, Math.min(MOST_MS, ms)))

/** How often the app has started since the anchor came, this start included; each start counts once. */
async function restartsOf(db: Db, kept: StoredAnchor, env: Env): Promise<number> {
  const before = kept.restarts ?? 0
  if (kept.counted === env.origin) return before
  try {
    const tx = db.transaction('meta', 'readwrite')
    const note = async () => {
      const now = (await tx.store.get('anchor')) as StoredAnchor | undefined
      // A fresher anchor may have come meanwhile: its count begins anew.
      if (now?.jws === kept.jws) await tx.store.put({ ...now, restarts: before + 1, counted: env.origin }, 'anchor')
    }
    await Promise.all([note(), tx.done])
  } catch {
    // Only a hint; the record itself says what happens to a phone that is full.
  }
  return before + 1
}

export function forgetAnchor(): void {
  own = null
}
