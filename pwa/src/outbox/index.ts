/** The outbox of this page: one database, what the screens see of it, and when sending is tried. */
import { batch, signal } from '@preact/signals'
import { type Db, type Device, type Entry, type EntryContext, getMeta, openDb, setMeta } from './db'
import { browser as env } from './env'
import { hearServer, type Mark, markOf, type ServerWord } from './epoch'
import * as queue from './queue'
import { backOff, drain, type Outcome } from './send'
import { tellOffice } from './status'
import { troubleOf } from './trouble'
import { holdWindow } from './windows'

export type { Device, Entry, EntryContext, Progress } from './db'
export type { Draft, Judge } from './queue'
export { type Trouble, troubleOf } from './trouble'

export const device = signal<Device | null | undefined>(undefined)
export const entries = signal<Entry[]>([])
export interface Sending {
  busy: boolean
  unsent: number
  problem: string | null
  needsEnrolment: boolean
}
export const sending = signal<Sending>({ busy: false, unsent: 0, problem: null, needsEnrolment: false })

/** Another window holds an older version of the database and does not let go of it. */
export const blocked = signal(false)

let opened: Promise<Db> | undefined
/** The database of the phone; a failed opening may be tried again. */
export function db(): Promise<Db> {
  opened ??= openDb(
    'doorstep',
    () => (opened = undefined),
    () => (blocked.value = true),
  ).then(
    (open) => {
      blocked.value = false
      return open
    },
    (error: unknown) => {
      opened = undefined
      throw error
    },
  )
  return opened
}

const EVERY_MS = 60_000
const SYNC_TAG = 'outbox'
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('doorstep-outbox')

/** Reads again what the disk says: it, not the memory of a tab, is the truth. */
export async function reload(): Promise<void> {
  const open = await db()
  const [now, list] = await Promise.all([getMeta(open, 'device'), queue.all(open), queue.prepare(open)])
  batch(() => {
    device.value = now ?? null
    entries.value = list
    sending.value = { ...sending.value, unsent: list.filter((entry) => entry.state !== 'answered').length }
  })
}

let timer: ReturnType<typeof setTimeout> | undefined
let failures = 0
let running: Promise<void> | null = null
let again = false
const afterSend: ((outcome: Outcome) => void)[] = []

/** Calls `hear` after each round that brought receipts. Returns the function that stops it. */
export function onSent(hear: (outcome: Outcome) => void): () => void {
  afterSend.push(hear)
  return () => void afterSend.splice(afterSend.indexOf(hear), 1)
}

function later(ms: number): void {
  clearTimeout(timer)
  timer = setTimeout(() => void send(), ms)
}

async function round(retryAside: boolean): Promise<void> {
  sending.value = { ...sending.value, busy: true }
  let outcome: Outcome
  try {
    outcome = await drain(await db(), { env, retryAside })
  } catch (error) {
    const problem = troubleOf(error) === 'full' ? 'STORAGE_FULL' : 'STORAGE'
    outcome = { answered: 0, rewound: 0, changed: true, left: sending.value.unsent, needsEnrolment: sending.value.needsEnrolment, problem, retryAfterMs: null }
  }
  // Two months of records are not read again for every try without a network.
  if (outcome.changed) await reload().catch(() => undefined)
  const { problem, needsEnrolment, left } = outcome
  sending.value = { busy: false, unsent: left, problem, needsEnrolment }
  if (problem !== 'OFFLINE') void tellOffice(device.value?.device_id, entries.value)
  failures = problem && !outcome.answered ? failures + 1 : 0
  later(left && problem ? backOff(Math.max(failures, 1), { env, atLeast: outcome.retryAfterMs }) : EVERY_MS)
  if (outcome.answered || outcome.rewound) {
    channel?.postMessage('changed')
    for (const hear of afterSend) hear(outcome)
  }
}

/** Tries to send now. Whether the phone believes it is online is not asked: the try itself tells. */
export async function send({ retryAside = false }: { retryAside?: boolean } = {}): Promise<void> {
  if (running) {
    again = true
    return running
  }
  running = (async () => {
    do {
      again = false
      await round(retryAside)
    } while (again)
  })().finally(() => {
    running = null
  })
  return running
}

async function askForSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync
    await sync?.register(SYNC_TAG)
  } catch {
    // An extra only: not every browser has it.
  }
}

/** At the latest; a page that nobody sees is not painted. */
const PAINTED_MS = 250

/** The screen says "stored" first. What all the others make of it, of the records of two months, and the network come after. */
function afterPaint(work: () => void): void {
  let due = true
  const once = () => {
    if (due) work()
    due = false
  }
  requestAnimationFrame(() => setTimeout(once))
  setTimeout(once, PAINTED_MS)
}

function goOn(entry: Entry): void {
  const known = entries.value.some(({ event_id }) => event_id === entry.event_id)
  const list = known ? entries.value : [...entries.value, entry]
  batch(() => {
    entries.value = list
    sending.value = { ...sending.value, unsent: list.filter(({ state }) => state !== 'answered').length }
  })
  channel?.postMessage('changed')
  void askForSync()
  void send()
}

/** Stores one event. When `said` is called, "on the phone" is true; the rest, sending too, goes on by itself. */
export async function record(
  draft: Partial<queue.Draft>,
  { context, judge, said }: { context: EntryContext; judge?: queue.Judge | undefined; said?: (entry: Entry) => void },
): Promise<Entry> {
  const entry = await queue.addMakingRoom(await db(), { draft, context, env, judge })
  said?.(entry)
  afterPaint(() => goOn(entry))
  return entry
}

/** Before a question whose answer speaks for the server's database: how far this phone's receipts go. */
export async function beforeAsking(): Promise<Mark | null> {
  const who = device.value
  return who ? markOf(await db(), who.device_id) : null
}

/** What an answer says of its database. Records that it has lost go out again. */
export async function hear(word: ServerWord, mark: Mark | null): Promise<void> {
  if (!mark || !(await hearServer(await db(), word, mark))) return
  await reload()
  channel?.postMessage('changed')
  void send()
}

let started = false
export async function start(): Promise<void> {
  if (started) return
  started = true
  try {
    await reload()
    void queue.prune(await db()).catch(() => undefined)
  } catch (error) {
    started = false
    throw error
  }
  holdWindow()
  channel?.addEventListener('message', () => void reload())
  navigator.serviceWorker?.addEventListener('message', (event) => {
    if ((event.data as { type?: string } | null)?.type === 'outbox') void reload()
  })
  addEventListener('online', () => void send())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    void reload().catch(() => undefined)
    void send()
  })
  void send({ retryAside: true })
}

/** Says who this phone is, after the person has said so too. */
export async function confirmDevice(): Promise<void> {
  const open = await db()
  const now = await getMeta(open, 'device')
  if (now) await setMeta(open, 'device', { ...now, confirmed: true })
  await reload()
}

/** Takes the key and what is known of elders from the phone. Records stay until they have a receipt. */
export async function forgetDevice(): Promise<void> {
  const open = await db()
  const tx = open.transaction(['meta', 'days', 'progress'], 'readwrite', { durability: 'strict' })
  const meta = tx.objectStore('meta')
  await Promise.all([
    meta.delete('device'),
    meta.delete('anchor'),
    meta.delete('carried'),
    meta.delete('pending_keys'),
    tx.objectStore('days').clear(),
    tx.objectStore('progress').clear(),
    tx.done,
  ])
  await reload()
}
