/** Carries the outbox to the server: oldest first, one sender at a time, and only a receipt makes a record "reached". */
import type { CheckinsAnswer } from '../api/wire'
import { keepAnchor } from './anchor'
import { type Db, type Entry, getMeta } from './db'
import { type Env, timeLimit } from './env'
import { hearServer, markOf, type ServerWord } from './epoch'
import * as queue from './queue'
import { checkReceipt, claimedHash, fetchKeys, keptKeys } from './receipts'

const BATCH = 50
const TIMEOUT_MS = 30_000

export interface Outcome {
  answered: number
  /** Records that a server from a backup has lost; they wait again. */
  rewound: number
  /** Something of the records is other than before. */
  changed: boolean
  left: number
  /** The phone must be enrolled again; every record stays. */
  needsEnrolment: boolean
  /** Code of what stopped this round, if something did. */
  problem: string | null
  retryAfterMs: number | null
}

class Stop extends Error {
  constructor(
    readonly problem: string,
    readonly retryAfterMs: number | null = null,
    readonly needsEnrolment = false,
  ) {
    super(problem)
  }
}

/** The server looked at the body and would not have it: the fault is in one of the events. */
class WillNotTake extends Error {
  constructor(readonly problem: string) {
    super(problem)
  }
}
const BODY_FAULTS = new Set([400, 415, 422])

type Answer = CheckinsAnswer & ServerWord

async function post(entries: readonly Entry[], env: Env): Promise<Answer> {
  let answer: Response
  const limit = timeLimit(TIMEOUT_MS)
  try {
    answer = await env.fetch('/api/v1/checkins', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, application/problem+json' },
      body: JSON.stringify({ events: entries.map((entry) => entry.jws) }),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: limit,
    })
  } catch (error) {
    throw new Stop(limit.aborted || (error as Error).name === 'TimeoutError' ? 'TIMEOUT' : 'OFFLINE')
  }
  const body = (await answer.json().catch(() => null)) as (Partial<Answer> & { code?: string }) | null
  if (answer.ok) {
    // A hotel's log-in page also says 200.
    if (!body || !Array.isArray(body.receipts)) throw new Stop('BAD_ANSWER')
    return body as Answer
  }
  const code = body?.code ?? `HTTP_${answer.status}`
  if (answer.status === 401) throw new Stop(code, null, true)
  // "Too large" may also come from a proxy, without a code of ours.
  if (answer.status === 413 || (BODY_FAULTS.has(answer.status) && body?.code)) throw new WillNotTake(code)
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  throw new Stop(code, Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 3600) * 1000 : null)
}

interface Round {
  db: Db
  env: Env
  freshKeys: boolean
  answered: number
  rewound: number
  changed: boolean
  problem: string | null
  needsEnrolment: boolean
  retryAfterMs: number | null
}

async function take(round: Round, entries: readonly Entry[], answer: CheckinsAnswer): Promise<void> {
  const { db, env } = round
  const receipts = new Map<string, string>()
  for (const { receipt } of answer.receipts) {
    const hash = typeof receipt === 'string' ? claimedHash(receipt) : null
    if (hash) receipts.set(hash, receipt)
  }
  let jwks = await keptKeys(db)
  round.changed = true
  for (const entry of entries) {
    const receipt = receipts.get(entry.hash)
    if (!receipt) {
      round.problem = 'RECEIPT_MISSING'
      await queue.noteProblem(db, entry, 'RECEIPT_MISSING')
      continue
    }
    let checked = await checkReceipt(receipt, { hash: entry.hash, device_id: entry.device_id, jwks })
    if (!checked.ok && checked.why === 'unknown_key' && !round.freshKeys) {
      round.freshKeys = true
      jwks = await fetchKeys(db, { env }).catch(() => jwks)
      checked = await checkReceipt(receipt, { hash: entry.hash, device_id: entry.device_id, jwks })
    }
    if (checked.ok) {
      await queue.settle(db, entry, receipt, checked.claims)
      round.answered++
    } else {
      round.problem = 'RECEIPT_INVALID'
      await queue.noteProblem(db, entry, 'RECEIPT_INVALID')
    }
  }
  if (typeof answer.anchor === 'string') await keepAnchor(db, { jws: answer.anchor, env })
}

/** Sends a slice; when the server will not take it whole, halves it until the bad one stands alone. */
async function carry(round: Round, entries: readonly Entry[]): Promise<void> {
  if (!entries.length) return
  try {
    const mark = entries[0] && (await markOf(round.db, entries[0].device_id))
    const answer = await post(entries, round.env)
    // Before its receipts are taken: those are of the database that it now speaks for.
    if (mark) round.rewound += await hearServer(round.db, answer, mark)
    await take(round, entries, answer)
  } catch (error) {
    if (!(error instanceof WillNotTake)) throw error
    const [only] = entries
    if (entries.length === 1 && only) {
      round.changed = true
      await queue.setAside(round.db, only, error.problem)
      round.problem = error.problem
      return
    }
    const middle = Math.ceil(entries.length / 2)
    await carry(round, entries.slice(0, middle))
    await carry(round, entries.slice(middle))
  }
}

function byDevice(entries: readonly Entry[], current: string | undefined): Entry[][] {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) groups.set(entry.device_id, [...(groups.get(entry.device_id) ?? []), entry])
  return [...groups].sort(([a], [b]) => Number(b === current) - Number(a === current)).map(([, group]) => group)
}

/**
 * One round over everything that waits. `retryAside` also tries what the server would not take before.
 * Events of a former enrolment go apart, so that they cannot keep the present ones from arriving.
 */
export async function drain(db: Db, { env, retryAside = false }: { env: Env; retryAside?: boolean }): Promise<Outcome> {
  return env.lock('outbox-send', async () => {
    const round: Round = { db, env, freshKeys: false, answered: 0, rewound: 0, changed: false, problem: null, needsEnrolment: false, retryAfterMs: null }
    const current = (await getMeta(db, 'device'))?.device_id
    // What a server from a backup has lost goes out in the same round, once.
    for (let turn = 0; turn < 2; turn++) {
      const before = round.rewound
      const whole = await pass(round, { groups: byDevice(await queue.unsent(db, { setAside: retryAside && !turn }), current), current })
      if (!whole || round.rewound === before) break
    }
    const { answered, rewound, changed, needsEnrolment, problem, retryAfterMs } = round
    return { answered, rewound, changed, left: await queue.countUnsent(db), needsEnrolment, problem, retryAfterMs }
  })
}

/** Once over everything; false when something stopped it that has nothing to do with single records. */
async function pass(round: Round, { groups, current }: { groups: Entry[][]; current: string | undefined }): Promise<boolean> {
  for (const group of groups) {
    try {
      for (let i = 0; i < group.length; i += BATCH) await carry(round, group.slice(i, i + BATCH))
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      round.problem = error.problem
      if (!error.needsEnrolment) {
        round.retryAfterMs = error.retryAfterMs
        return false
      }
      if (group[0]?.device_id === current) round.needsEnrolment = true
      else {
        round.changed = true
        for (const entry of group) await queue.setAside(round.db, entry, error.problem)
      }
    }
  }
  return true
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 5 * 60_000

/** How long to wait after `failures` rounds in a row: doubling, half of it left to chance. */
export function backOff(failures: number, { env, atLeast = null }: { env: Env; atLeast?: number | null }): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, Math.min(failures - 1, 20)))
  const share = (env.random(1)[0] as number) / 255
  return Math.max(atLeast ?? 0, full / 2 + (full / 2) * share)
}
