/** The last signed time of the server that the phone holds, and how long ago it came, by a clock nobody can set. */
import { type Db, getMeta, setMeta, type StoredAnchor } from './db'
import type { Env } from './env'

/** More than the wire holds: a phone that was on for three weeks. */
const LONGEST_MS = 2 ** 31 - 1

let own: StoredAnchor | null = null

export async function keepAnchor(db: Db, { jws, env }: { jws: string; env: Env }): Promise<void> {
  own = { jws, perf: env.perf(), origin: env.origin }
  await setMeta(db, 'anchor', own)
}

/**
 * `elapsed_ms` is null when the page has started again since: its monotonic clock knows nothing of the time before.
 * It may also stand still while the phone sleeps, so it is a lower bound.
 */
export async function readAnchor(db: Db, { env }: { env: Env }): Promise<{ anchor: string | null; elapsed_ms: number | null }> {
  const kept = own?.origin === env.origin ? own : await getMeta(db, 'anchor')
  if (!kept) return { anchor: null, elapsed_ms: null }
  const same = kept.origin === env.origin
  return { anchor: kept.jws, elapsed_ms: same ? Math.min(LONGEST_MS, Math.max(0, Math.round(env.perf() - kept.perf))) : null }
}

export function forgetAnchor(): void {
  own = null
}
