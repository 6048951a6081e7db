/** The database on the phone: who I am, the outbox, and what was last heard of the day. */
import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb'
import type { CheckEvent, DoorCall, DoorCarer, DoorCatalogue, DoorSync, Named, PublicJwk, ReceiptClaims, ServiceType } from '../api/wire'
import { endWithPage } from './frozen'

export interface Device {
  device_id: string
  caregiver: Named
  provider: Named
  private_key: CryptoKey
  /** Kept for enrolling again with the same key; phones of before have none. */
  public_key?: PublicJwk
  enrolled_at: number
  /** False until the person has said "yes, that is me". */
  confirmed: boolean
}

export interface StoredAnchor {
  jws: string
  /** Where the monotonic clock stood when the anchor came, and which clock that was. */
  perf: number
  origin: number
  /** What the phone's clock said then; anchors of before do not know. */
  wall?: number
  /** How often the app has started since, and which start was the last one counted. */
  restarts?: number
  counted?: number
}

/** What the screens show beside an event; it never leaves the phone. */
export interface EntryContext {
  visit_ids: string[]
  elders: Named[]
  address: string | null
  service_type: ServiceType | null
  day: string
}

export interface Proof {
  receipt: string
  answer: ReceiptClaims
}

export interface Entry {
  device_id: string
  seq: number
  event_id: string
  /** The signed bytes; exactly these are sent. */
  jws: string
  hash: string
  event: CheckEvent
  context: EntryContext
  created_at: number
  /** `waiting`: no receipt yet. `set_aside`: the server would not take it alone; it stays and is tried again by hand. */
  state: 'waiting' | 'set_aside' | 'answered'
  receipt: string | null
  answer: ReceiptClaims | null
  /** Receipts of a server that was set back since: proof of what it has lost. */
  proofs?: Proof[]
  /** Its visit was once seen to count; the phone's list of visits does not reach back to it. */
  counted?: boolean
  /** Code of the last failure that belongs to this event alone. */
  problem: string | null
}

/** What a caregiver has ticked during a visit, until it is signed into the check-out. */
export interface Progress {
  visit_id: string
  day: string
  tasks: string[]
  acknowledged: string[]
  note: string
}

export interface KeptDay {
  day: string
  /** The server's time when the day looked like this. */
  listed_at: string
  visits: DoorCall[]
}

/** What belongs to no single day; the cursor says to the server what the phone knows. */
export interface Carried extends Omit<DoorSync, 'epoch' | 'anchor' | 'heard' | 'days'> {
  carer: DoorCarer
  catalogue: DoorCatalogue
  month_used: Record<string, number>
  /** What the phone's clock was behind the server's. */
  behind_ms: number
}

interface Meta {
  device: Device
  pending_keys: { private_key: CryptoKey; public_key: PublicJwk }
  jwks: PublicJwk[]
  anchor: StoredAnchor
  carried: Carried
  persisted: boolean
  /** The database that the server last spoke for. */
  epoch: string
  /** The last complaint about what the server has lost. */
  lost: string
}

interface Shape extends DBSchema {
  meta: { key: keyof Meta; value: Meta[keyof Meta] }
  outbox: { key: [device_id: string, seq: number]; value: Entry; indexes: { event_id: string; state: Entry['state'] } }
  days: { key: string; value: KeptDay }
  progress: { key: string; value: Progress }
}

export type Db = IDBPDatabase<Shape>

/** `onGone`: this connection is closed, by a newer version in another tab or by the browser. `onBlocked`: another tab does not let go. */
export async function openDb(name = 'doorstep', onGone?: () => void, onBlocked?: () => void): Promise<Db> {
  const open = await openDB<Shape>(name, 2, {
    upgrade(db, before, _now, tx) {
      if (before < 1) {
        db.createObjectStore('meta')
        const outbox = db.createObjectStore('outbox', { keyPath: ['device_id', 'seq'] })
        outbox.createIndex('event_id', 'event_id', { unique: true })
        outbox.createIndex('state', 'state')
        db.createObjectStore('days', { keyPath: 'day' })
        db.createObjectStore('progress', { keyPath: 'visit_id' })
      }
      // Days of the first version were single ones in another shape: the next contact brings them all.
      else void tx.objectStore('days').clear()
    },
    blocking(_from, _to, event) {
      const open = event.target as IDBDatabase
      open.close()
      onGone?.()
    },
    blocked: onBlocked,
    terminated: onGone,
  })
  endWithPage(unwrap(open))
  return open
}

export async function getMeta<K extends keyof Meta>(db: Db, key: K): Promise<Meta[K] | undefined> {
  return (await db.get('meta', key)) as Meta[K] | undefined
}

/** Returns when the value is really on the disk. */
export async function setMeta<K extends keyof Meta>(db: Db, key: K, value: Meta[K] | undefined): Promise<void> {
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' })
  await Promise.all([value === undefined ? tx.store.delete(key) : tx.store.put(value, key), tx.done])
}
