/** Tells the server what was shown and acknowledged; what it does not hear now, it hears later. */
import type { Env } from '../outbox/env'
import { timeLimit } from '../outbox/env'
import { markSent, prune, type PushDb, type Seen, waiting } from './store'

const TIMEOUT_MS = 15_000
const MOST = 100

export type ReportEnv = Pick<Env, 'fetch' | 'lock' | 'now'>

/** `later`: nobody answered, or said to come back. Anything else is an answer. */
async function post(path: string, body: unknown, env: ReportEnv): Promise<'heard' | 'refused' | 'later'> {
  try {
    const init: RequestInit = { method: 'POST', credentials: 'same-origin', cache: 'no-store', signal: timeLimit(TIMEOUT_MS) }
    if (body !== undefined) Object.assign(init, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const { ok, status } = await env.fetch(path, init)
    if (ok) return 'heard'
    return status === 401 || status === 408 || status === 429 || status >= 500 ? 'later' : 'refused'
  } catch {
    return 'later'
  }
}

const idsOf = (list: readonly Seen[], what: 'shown' | 'acknowledged') => list.filter((one) => one[what]).map((one) => one.id)

async function inBatches(db: PushDb, path: string, list: readonly Seen[], env: ReportEnv): Promise<void> {
  for (const by of ['service_worker', 'app'] as const) {
    const mine = list.filter((one) => one.by === by)
    for (let i = 0; i < mine.length; i += MOST) {
      const some = mine.slice(i, i + MOST)
      const answer = await post(path, { shown: idsOf(some, 'shown'), acknowledged: idsOf(some, 'acknowledged'), by }, env)
      if (answer === 'later') return
      await markSent(db, some)
    }
  }
}

/** The desk says only what was acknowledged. */
async function fromDesk(db: PushDb, list: readonly Seen[], env: ReportEnv): Promise<void> {
  for (const one of list) {
    if (one.acknowledged && (await post(`/api/v1/reminders/${encodeURIComponent(one.id)}/acknowledge`, undefined, env)) === 'later') return
    await markSent(db, [one])
  }
}

/** Returns how many reports still wait. */
export async function report(db: PushDb, env: ReportEnv): Promise<number> {
  return env.lock('reminders-seen', async () => {
    await prune(db, env.now())
    const list = await waiting(db)
    await inBatches(db, '/api/v1/door/reminders/seen', list.filter((one) => one.to === 'caregiver'), env)
    await inBatches(db, '/api/v1/family/reminders/seen', list.filter((one) => one.to === 'family'), env)
    await fromDesk(db, list.filter((one) => one.to === 'dispatcher'), env)
    return (await waiting(db)).length
  })
}
