/** The phone's key pair: made here, kept in IndexedDB, and not to be taken out. */
import type { PublicJwk, Redeemed } from '../api/wire'
import { type Db, type Device, getMeta, setMeta } from './db'
import { type Env } from './env'
import { sign } from './jws'

async function newKeys() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { private_key: pair.privateKey, public_key: { kty, crv, x, y } as PublicJwk }
}

/** The keys of an enrolment under way. A lost answer can be asked for again with the same key. */
export async function pendingKeys(db: Db) {
  const kept = await getMeta(db, 'pending_keys')
  if (kept) return kept
  const made = await newKeys()
  await setMeta(db, 'pending_keys', made)
  return made
}

export interface EnrolRequest {
  secret: string
  public_key: PublicJwk
  proof: string
  platform: string
  app_version: string
}

export async function enrolRequest(db: Db, { secret, platform }: { secret: string; platform: string }): Promise<EnrolRequest> {
  const { private_key, public_key } = await pendingKeys(db)
  const proof = await sign({ typ: 'enrol+jws' }, { secret }, private_key)
  return { secret, public_key, proof, platform, app_version: __APP_VERSION__ }
}

/** Binds the pending key to what the server answered. Events of an older device stay in the outbox. */
export async function adopt(db: Db, { redeemed, env }: { redeemed: Redeemed; env: Env }): Promise<Device> {
  const { private_key } = await pendingKeys(db)
  const { device_id, caregiver, provider } = redeemed
  const device: Device = { device_id, caregiver, provider, private_key, enrolled_at: env.now(), confirmed: false }
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' })
  await Promise.all([tx.store.put(device, 'device'), tx.store.delete('pending_keys'), tx.done])
  return device
}
