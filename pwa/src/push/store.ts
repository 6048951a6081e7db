/** What this browser keeps about reminders: whose subscription it holds, and what the server has still to hear. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Lang } from '../i18n'
import type { Audience } from './message'

export type By = 'service_worker' | 'app'

/** What somebody has seen of one reminder. It stays for a while after it was sent: the same message may come twice. */
export interface Seen {
  id: string
  to: Audience
  by: By
  shown: boolean
  acknowledged: boolean
  sent: boolean
  at: number
}

interface Kept {
  lang: Lang
  /** For whom this browser subscribed. */
  audience: Audience
  /** Owner and endpoint, as the server was last told; without an endpoint when it has changed since. */
  told: string
  /** When the person last said "later". */
  later: number
}

interface Shape extends DBSchema {
  kept: { key: keyof Kept; value: Kept[keyof Kept] }
  seen: { key: string; value: Seen }
}
export type PushDb = IDBPDatabase<Shape>

const KEEP_MS = 3 * 24 * 3600_000

export function openPushDb(name = 'doorstep-push'): Promise<PushDb> {
  return openDB<Shape>(name, 1, {
    upgrade(db) {
      db.createObjectStore('kept')
      db.createObjectStore('seen', { keyPath: 'id' })
    },
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  })
}

/** Opens, works, closes: no tab and no worker stands in the way of a later version. */
export async function withPushDb<T>(work: (db: PushDb) => Promise<T>): Promise<T> {
  const db = await openPushDb()
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

export const kept = async <K extends keyof Kept>(db: PushDb, key: K): Promise<Kept[K] | undefined> => (await db.get('kept', key)) as Kept[K] | undefined

export async function keep<K extends keyof Kept>(db: PushDb, key: K, value: Kept[K] | undefined): Promise<void> {
  if (value === undefined) await db.delete('kept', key)
  else await db.put('kept', value, key)
}

/** Takes down what was seen; what was known before stays known. Returns false when it is no news. */
export async function note(db: PushDb, what: { id: string; to: Audience; by: By; shown?: boolean; acknowledged?: boolean; now: number }): Promise<boolean> {
  const tx = db.transaction('seen', 'readwrite')
  const before = await tx.store.get(what.id)
  const shown = Boolean(before?.shown || what.shown || what.acknowledged)
  const acknowledged = Boolean(before?.acknowledged || what.acknowledged)
  const news = !before || shown !== before.shown || acknowledged !== before.acknowledged
  if (news) {
    // Who acknowledged counts, not who had shown it before.
    const by = before && before.acknowledged === acknowledged ? before.by : what.by
    await tx.store.put({ id: what.id, to: what.to, by, shown, acknowledged, sent: false, at: what.now })
  }
  await tx.done
  return news
}

export const seenOf = (db: PushDb, id: string): Promise<Seen | undefined> => db.get('seen', id)
export const waiting = async (db: PushDb): Promise<Seen[]> => (await db.getAll('seen')).filter((one) => !one.sent)

/** These were heard, unless something was added meanwhile. */
export async function markSent(db: PushDb, sent: readonly Seen[]): Promise<void> {
  const tx = db.transaction('seen', 'readwrite')
  for (const one of sent) {
    const now = await tx.store.get(one.id)
    if (now && now.shown === one.shown && now.acknowledged === one.acknowledged) await tx.store.put({ ...now, sent: true })
  }
  await tx.done
}

/** After a few days nobody waits for it any more, heard or not. */
export async function prune(db: PushDb, now: number): Promise<void> {
  const tx = db.transaction('seen', 'readwrite')
  for (const one of await tx.store.getAll()) if (now - one.at > KEEP_MS) await tx.store.delete(one.id)
  await tx.done
}

/** The phone is somebody else's from here on. */
export async function forgetAll(db: PushDb): Promise<void> {
  const tx = db.transaction(['kept', 'seen'], 'readwrite')
  await Promise.all([tx.objectStore('kept').delete('audience'), tx.objectStore('kept').delete('told'), tx.objectStore('kept').delete('later'), tx.objectStore('seen').clear(), tx.done])
}
