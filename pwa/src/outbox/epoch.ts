/** A server that was set back to an older backup: noticed by its epoch or by what it has heard, and told again what it lost. */
import { type Db, type Entry, getMeta } from './db'

/** What an answer of the server says about itself; older servers say nothing. */
export interface ServerWord {
  epoch?: string | null | undefined
  /** The highest `seq` of this device that the server has stored. */
  heard?: { seq: number | null } | null | undefined
}

/** The highest `seq` of a device for which the phone held a receipt, before it asked. */
export interface Mark {
  device_id: string
  seq: number
}

export const KEEP_MS = 60 * 24 * 3600_000

const isAnswered = (entry: Entry) => entry.state === 'answered' && entry.answer !== null
const isKept = (entry: Entry) => isAnswered(entry) && entry.answer?.verdict !== 'refused'

/** The instant of the newest receipt: ages are counted from it, because the phone's own clock may be a year ahead. */
export function lastHeard(entries: readonly Entry[]): number {
  return Math.max(0, ...entries.map(({ answer }) => Date.parse(answer?.received_at ?? '')).filter(Number.isFinite))
}

/** Within the 60 days for which accepted records are kept. Refused ones too: an older backup does not know them, and every refusal is kept. */
const isRecent = ({ answer }: Entry, newest: number) => !(newest - Date.parse(answer?.received_at ?? '') > KEEP_MS)

/** Taken before the question, so that a slow answer is not held against what another one has brought meanwhile. */
export async function markOf(db: Db, device_id: string): Promise<Mark> {
  const end: [string, number] = [device_id, Number.MAX_SAFE_INTEGER]
  // From the newest that has arrived: two months of others are not read, nor what waits.
  let cursor = await db.transaction('outbox').store.index('state').openCursor('answered', 'prev')
  if (cursor && indexedDB.cmp(cursor.primaryKey, end) > 0) cursor = await cursor.continuePrimaryKey('answered', end)
  while (cursor?.primaryKey[0] === device_id && !isKept(cursor.value)) cursor = await cursor.continue()
  return { device_id, seq: cursor?.primaryKey[0] === device_id ? cursor.primaryKey[1] : 0 }
}

interface Loss {
  isLost: (entry: Entry, newest: number) => boolean
  /** By this the same complaint is known again: what was sent once for it is not sent for ever. */
  complaint: string | null
}

async function lossOf(db: Db, { epoch, heard }: ServerWord, mark: Mark): Promise<Loss | null> {
  const known = await getMeta(db, 'epoch')
  if (epoch && known && epoch !== known) return { isLost: isRecent, complaint: null }
  if (!heard) return null
  const seq = heard.seq ?? 0
  if (seq >= mark.seq) return null
  const complaint = `${epoch ?? ''}/${mark.device_id}/${seq}`
  if ((await getMeta(db, 'lost')) === complaint) return null
  return { isLost: (entry) => isKept(entry) && entry.device_id === mark.device_id && entry.seq > seq && entry.seq <= mark.seq, complaint }
}

/**
 * Puts what the server has lost back among what waits, the same bytes in the same order; its receipts are kept beside, as proof.
 * Returns how many. The epoch is written in the same transaction: a crash forgets neither.
 */
export async function hearServer(db: Db, word: ServerWord, mark: Mark): Promise<number> {
  const loss = await lossOf(db, word, mark)
  const whole = word.heard ? (word.heard.seq ?? 0) >= mark.seq : false
  if (!loss && !(word.epoch && word.epoch !== (await getMeta(db, 'epoch'))) && !(whole && (await getMeta(db, 'lost')))) return 0
  const tx = db.transaction(['outbox', 'meta'], 'readwrite', { durability: 'strict' })
  const [outbox, meta] = [tx.objectStore('outbox'), tx.objectStore('meta')]
  let rewound = 0
  if (loss) {
    const entries = await outbox.getAll()
    const newest = lastHeard(entries)
    for (const entry of entries) {
      if (!isAnswered(entry) || !loss.isLost(entry, newest)) continue
      const { receipt, answer } = entry
      const proofs = [...(entry.proofs ?? []), ...(receipt && answer ? [{ receipt, answer }] : [])]
      void outbox.put({ ...entry, state: 'waiting', receipt: null, answer: null, problem: null, proofs })
      rewound++
    }
  }
  if (word.epoch) void meta.put(word.epoch, 'epoch')
  if (loss?.complaint) void meta.put(loss.complaint, 'lost')
  else void meta.delete('lost')
  await tx.done
  return rewound
}
