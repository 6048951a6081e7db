/** The outbox: signed events in the order in which they happened, each durable before anybody is told. */
import type { CheckEvent, Judged, ReceiptClaims } from '../api/wire'
import { bestAnchor, countStart, timeBy } from './anchor'
import { hashOf, uuid7 } from './bytes'
import type { Db, Device, Entry, EntryContext, StoredAnchor } from './db'
import type { Env } from './env'
import { KEEP_MS, lastHeard } from './epoch'
import { sign } from './jws'
import { troubleOf } from './trouble'

/** What a screen knows; the queue adds identity, time, place in the chain. */
export type Draft = Omit<CheckEvent, 'event_id' | 'claimed_at' | 'anchor' | 'elapsed_ms' | 'judged' | 'clock' | 'app_version' | 'seq' | 'prev'>

/** What the phone itself has to say of an event whose time and place are settled; it is signed with it. */
export type Judge = (event: CheckEvent) => Judged | null

export class NotEnrolled extends Error {}

const EMPTY: Draft = {
  kind: 'check_in',
  visit_id: null,
  elder_ids: [],
  token: null,
  short_code: null,
  capture: null,
  position: null,
  position_error: null,
  service_type: null,
  content: null,
  tasks: [],
  acknowledged: [],
  reason: null,
  note: null,
  photos: [],
  annuls: null,
}

const NOTE_LIMIT = 200

/** Free text without control characters, broken pairs or more than the wire allows. */
export function cleanNote(text: string | null): string | null {
  if (!text) return null
  const plain = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim()
  // Taken apart by code point, a half of a pair stands alone.
  const whole = [...plain].filter((char) => !/^[\ud800-\udfff]$/.test(char))
  return whole.slice(0, NOTE_LIMIT).join('') || null
}

/** A judge that fails must not keep a record from being made. */
function verdict(event: CheckEvent, judge: Judge | undefined): Judged | null {
  try {
    return judge?.(event) ?? null
  } catch (error) {
    console.error(error)
    return null
  }
}

const chainOf = (device_id: string) => IDBKeyRange.bound([device_id, 0], [device_id, Number.MAX_SAFE_INTEGER])

/** What the next event hangs on. */
interface Head {
  device: Device
  seq: number
  hash: string | null
  anchor: StoredAnchor | undefined
}

/** Read before the tap, so that signing waits for no disk; the transaction that writes looks whether it still holds. */
const heads = new WeakMap<Db, Head>()

async function readHead(db: Db): Promise<Head | null> {
  const tx = db.transaction(['meta', 'outbox'])
  const meta = tx.objectStore('meta')
  const [device, anchor] = (await Promise.all([meta.get('device'), meta.get('anchor')])) as [Device | undefined, StoredAnchor | undefined]
  if (!device) return null
  const last = (await tx.objectStore('outbox').openCursor(chainOf(device.device_id), 'prev'))?.value
  return { device, seq: last?.seq ?? 0, hash: last?.hash ?? null, anchor }
}

/** Whenever what lies on the phone has changed, and a tap may come. */
export async function prepare(db: Db): Promise<void> {
  const head = await readHead(db)
  if (head) heads.set(db, head)
  else heads.delete(db)
}

interface Wanted {
  draft: Partial<Draft>
  context: EntryContext
  env: Env
  judge?: Judge | undefined
}

async function link({ device, seq, hash }: Head, anchor: StoredAnchor | undefined, { draft, context, env, judge }: Wanted): Promise<Entry> {
  const now = env.now()
  const event: CheckEvent = {
    event_id: uuid7(now, env.random),
    ...EMPTY,
    ...draft,
    note: cleanNote(draft.note ?? null),
    claimed_at: new Date(now).toISOString(),
    ...timeBy(anchor, env),
    judged: null,
    app_version: __APP_VERSION__,
    seq: seq + 1,
    prev: hash,
  }
  event.judged = verdict(event, judge)
  const { device_id } = device
  const jws = await sign({ kid: device_id, typ: 'checkin+jws' }, event, device.private_key)
  return {
    device_id,
    seq: event.seq,
    event_id: event.event_id,
    jws,
    hash: await hashOf(jws),
    event,
    context,
    created_at: now,
    state: 'waiting',
    receipt: null,
    answer: null,
    problem: null,
  }
}

interface Link {
  head: Head
  anchor: StoredAnchor | undefined
  entry: Entry
}

/** Stores the entry if what it hangs on still holds; false when another window was faster. */
async function store(db: Db, { head, anchor, entry }: Link, env: Env): Promise<boolean> {
  const tx = db.transaction(['outbox', 'meta'], 'readwrite', { durability: 'strict' })
  const [outbox, meta] = [tx.objectStore('outbox'), tx.objectStore('meta')]
  // What this page has heard itself is good whatever lies there.
  const fromDisk = anchor?.origin !== env.origin
  let moved = false
  const look = async () => {
    const range = chainOf(entry.device_id)
    const [device, kept, last] = await Promise.all([meta.get('device'), meta.get('anchor'), outbox.openKeyCursor(range, 'prev')])
    const same = (device as Device | undefined)?.device_id === entry.device_id && (last?.primaryKey[1] ?? 0) === head.seq
    moved = !same || (fromDisk && (kept as StoredAnchor | undefined)?.jws !== anchor?.jws)
    if (moved) tx.abort()
    else if (fromDisk && anchor && anchor !== head.anchor) await meta.put(anchor, 'anchor')
  }
  // add(), never put(): whatever else goes wrong, no link of the chain is ever overwritten.
  const put = async () => void (await outbox.add(entry))
  try {
    await Promise.all([look(), put(), tx.done])
    return true
  } catch (first) {
    try {
      tx.abort()
    } catch {
      // It has ended already.
    }
    // A full disk ends the transaction: the request only says that it was ended, the transaction says why.
    const error = await tx.done.then(() => first, (why: unknown) => ((first as Error).name === 'AbortError' ? why : first))
    if (moved || (error instanceof DOMException && error.name === 'ConstraintError')) return false
    throw error
  }
}

const TRIES = 5

/** Signs and stores one event. When this returns the event is on the disk; two tabs never fork the chain. */
export async function add(db: Db, wanted: Wanted): Promise<Entry> {
  return wanted.env.lock('outbox', async () => {
    for (let tries = 0; tries < TRIES; tries++) {
      const head = heads.get(db) ?? (await readHead(db))
      if (!head) throw new NotEnrolled()
      heads.delete(db)
      const anchor = countStart(bestAnchor(head.anchor, wanted.env), wanted.env)
      const entry = await link(head, anchor, wanted)
      if (!(await store(db, { head, anchor, entry }, wanted.env))) continue
      heads.set(db, { device: head.device, seq: entry.seq, hash: entry.hash, anchor })
      return entry
    }
    throw new Error('the chain moves on faster than this window')
  })
}

/** As `add`; when the phone is full, what is no longer needed goes first. Throws what the storage said if that was not enough. */
export async function addMakingRoom(db: Db, asked: Wanted): Promise<Entry> {
  try {
    return await add(db, asked)
  } catch (error) {
    if (troubleOf(error) !== 'full') throw error
    await prune(db)
    return add(db, asked)
  }
}

/** Chain by chain, the older enrolment first. Inside a chain only `seq` counts: the phone's clock may have been set back. */
function inOrder(entries: Entry[]): Entry[] {
  const first = new Map<string, number>()
  for (const { device_id, created_at } of entries) first.set(device_id, Math.min(first.get(device_id) ?? created_at, created_at))
  const rank = ({ device_id }: Entry) => first.get(device_id) as number
  return entries.sort((a, b) => (a.device_id === b.device_id ? a.seq - b.seq : rank(a) - rank(b) || (a.device_id < b.device_id ? -1 : 1)))
}

export const all = async (db: Db): Promise<Entry[]> => inOrder(await db.getAll('outbox'))

export const byEventId = (db: Db, event_id: string) => db.getFromIndex('outbox', 'event_id', event_id)

/** What still lacks a receipt, oldest first. */
export async function unsent(db: Db, { setAside = false }: { setAside?: boolean } = {}): Promise<Entry[]> {
  const waiting = await db.getAllFromIndex('outbox', 'state', 'waiting')
  if (setAside) waiting.push(...(await db.getAllFromIndex('outbox', 'state', 'set_aside')))
  return inOrder(waiting)
}

export async function countUnsent(db: Db): Promise<number> {
  const [waiting, aside] = await Promise.all([
    db.countFromIndex('outbox', 'state', 'waiting'),
    db.countFromIndex('outbox', 'state', 'set_aside'),
  ])
  return waiting + aside
}

async function change(db: Db, entry: Entry, patch: Partial<Entry>): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite', { durability: 'strict' })
  const kept = await tx.store.get([entry.device_id, entry.seq])
  // A receipt is never taken back, whatever a slower tab believes.
  if (kept && kept.state !== 'answered') await tx.store.put({ ...kept, ...patch })
  await tx.done
}

export const settle = (db: Db, entry: Entry, receipt: string, answer: ReceiptClaims) =>
  change(db, entry, { state: 'answered', receipt, answer, problem: null })

export const setAside = (db: Db, entry: Entry, problem: string) => change(db, entry, { state: 'set_aside', problem })

export const noteProblem = (db: Db, entry: Entry, problem: string) => change(db, entry, { problem })

/** Takes down of answered records whether they count; the screens say so for months. */
export async function noteCounted(db: Db, seen: ReadonlyMap<string, boolean>): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  for (const [event_id, counted] of seen) {
    const kept = await tx.store.index('event_id').get(event_id)
    if (kept?.state === 'answered') await tx.store.put({ ...kept, counted })
  }
  await tx.done
}

/** Old records with a good receipt make room. The newest link of each chain, and whatever was refused, stays. */
export async function prune(db: Db): Promise<void> {
  const entries = await all(db)
  const newest = lastHeard(entries)
  const heads = new Map<string, number>()
  for (const entry of entries) heads.set(entry.device_id, Math.max(heads.get(entry.device_id) ?? 0, entry.seq))
  const gone = entries.filter((entry) => {
    const done = entry.state === 'answered' && entry.answer !== null && entry.answer.verdict !== 'refused'
    const old = newest - Date.parse(entry.answer?.received_at ?? '') > KEEP_MS
    return old && done && heads.get(entry.device_id) !== entry.seq
  })
  // Nearly always nothing: then nobody waits for a writing transaction at every start.
  if (!gone.length) return
  const tx = db.transaction('outbox', 'readwrite')
  await Promise.all([...gone.map((entry) => tx.store.delete([entry.device_id, entry.seq])), tx.done])
}
