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
  /** The id that this key had: a server from a backup that has lost it gives it back. */
  former_device_id?: string
}

/** `again`: the server no longer knows this phone, so it comes with the key that it had, and old records stay verifiable. */
export async function enrolRequest(db: Db, { secret, platform, again = false }: { secret: string; platform: string; again?: boolean }): Promise<EnrolRequest> {
  const former = again ? await getMeta(db, 'device') : undefined
  if (former?.public_key) await setMeta(db, 'pending_keys', { private_key: former.private_key, public_key: former.public_key })
  const { private_key, public_key } = await pendingKeys(db)
  const proof = await sign({ typ: 'enrol+jws' }, { secret }, private_key)
  const request = { secret, public_key, proof, platform, app_version: __APP_VERSION__ }
  return former?.public_key ? { ...request, former_device_id: former.device_id } : request
}

/** Binds the pending key to what the server answered. Events of an older device stay in the outbox. */
export async function adopt(db: Db, { redeemed, env }: { redeemed: Redeemed; env: Env }): Promise<Device> {
  const { private_key, public_key } = await pendingKeys(db)
  const { device_id, caregiver, provider } = redeemed
  const device: Device = { device_id, caregiver, provider, private_key, public_key, enrolled_at: env.now(), confirmed: false }
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' })
  await Promise.all([tx.store.put(device, 'device'), tx.store.delete('pending_keys'), tx.done])
  return device
}
