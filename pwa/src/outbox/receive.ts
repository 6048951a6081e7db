/** Receipts that come by hand: from a file of the office, for records that it has handed in. */
import type { Db, Entry } from './db'
import type { Env } from './env'
import { settle } from './queue'
import { checkReceipt, claimedHash, fetchKeys, keptKeys } from './receipts'

export interface Received {
  /** Records that now have a receipt. */
  taken: number
  /** Had one already. */
  known: number
  /** Of other phones, or not signed by the server. */
  strange: number
}

/** Each receipt counts only with the server's signature over exactly the bytes that lie here. */
export async function receive(db: Db, receipts: readonly string[], { env, entries }: { env: Env; entries: readonly Entry[] }): Promise<Received> {
  const found: Received = { taken: 0, known: 0, strange: 0 }
  const byHash = new Map(entries.map((entry) => [entry.hash, entry]))
  let jwks = await keptKeys(db)
  for (const receipt of receipts) {
    const entry = byHash.get(claimedHash(receipt) ?? '')
    const check = () => (entry ? checkReceipt(receipt, { hash: entry.hash, device_id: entry.device_id, jwks }) : null)
    let checked = await check()
    if (checked && !checked.ok && checked.why === 'unknown_key') {
      jwks = await fetchKeys(db, { env }).catch(() => jwks)
      checked = await check()
    }
    if (!entry || !checked?.ok) found.strange++
    else if (entry.state === 'answered') found.known++
    else {
      await settle(db, entry, receipt, checked.claims)
      found.taken++
    }
  }
  return found
}
