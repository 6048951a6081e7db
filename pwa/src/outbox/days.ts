/** The days that the phone carries: kept by cursor, and given up by rule. */
import type { DoorSync } from '../api/wire'
import { type Carried, type Db, getMeta, type KeptDay } from './db'

/** So many days ago is the oldest that stays. */
export const KEEP_DAYS = 7

const DAY_MS = 86_400_000
/** A civil date so many days later. */
export const dayAfter = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

export interface Kept {
  carried: Carried | null
  days: KeptDay[]
}

export async function readDays(db: Db): Promise<Kept> {
  const [carried, days] = await Promise.all([getMeta(db, 'carried'), db.getAll('days')])
  return { carried: carried ?? null, days }
}

/**
 * Keeps what an answer brought, and the cursor with it. `asked` is the cursor of the question: when another window has kept
 * an answer meanwhile, this one does not fit on what is there and is left; the next contact brings the rest.
 */
export async function keepDays(db: Db, { answer, asked, now }: { answer: DoorSync; asked: string | null; now: number }): Promise<boolean> {
  const tx = db.transaction(['meta', 'days', 'progress'], 'readwrite')
  const [meta, days] = [tx.objectStore('meta'), tx.objectStore('days')]
  const before = (await meta.get('carried')) as Carried | undefined
  if ((before?.cursor ?? null) !== asked) {
    await tx.done
    return false
  }
  const { epoch: _epoch, anchor: _anchor, heard: _heard, days: changed, ...rest } = answer
  const carried = {
    ...rest,
    carer: rest.carer ?? before?.carer,
    catalogue: rest.catalogue ?? before?.catalogue,
    month_used: rest.month_used ?? before?.month_used,
    behind_ms: Date.parse(answer.server_time) - now,
  } as Carried
  void meta.put(carried, 'carried')
  for (const { day, visits } of changed) void days.put({ day, visits, listed_at: answer.server_time })
  // The first day that is told is yesterday.
  await giveUp(tx, dayAfter(answer.first_day, 1 - KEEP_DAYS))
  await tx.done
  return true
}

interface Stores {
  objectStore(name: 'days'): { delete(range: IDBKeyRange): Promise<void> }
  objectStore(name: 'progress'): { getAll(): Promise<{ visit_id: string; day: string }[]>; delete(key: string): Promise<void> }
}

async function giveUp(tx: Stores, oldest: string): Promise<void> {
  void tx.objectStore('days').delete(IDBKeyRange.upperBound(oldest, true))
  const progress = tx.objectStore('progress')
  for (const { visit_id, day } of await progress.getAll()) if (day < oldest) void progress.delete(visit_id)
}

/** Without any contact too: what is old leaves the phone. */
export async function giveUpOld(db: Db, today: string): Promise<void> {
  const tx = db.transaction(['days', 'progress'], 'readwrite')
  await giveUp(tx as unknown as Stores, dayAfter(today, -KEEP_DAYS))
  await tx.done
}

/** Everything that is known of elders, at once: the phone is nobody's any more, or somebody else's. The records stay. */
export async function forgetDays(db: Db): Promise<void> {
  const tx = db.transaction(['meta', 'days', 'progress'], 'readwrite', { durability: 'strict' })
  await Promise.all([tx.objectStore('meta').delete('carried'), tx.objectStore('days').clear(), tx.objectStore('progress').clear(), tx.done])
}
