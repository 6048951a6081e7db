/** The server's receipts: which of them count. */
import type { PublicJwk, ReceiptClaims } from '../api/wire'
import { type Db, getMeta, setMeta } from './db'
import { type Env, timeLimit } from './env'
import { isSignedBy, parse } from './jws'

const VERDICTS = ['accepted', 'accepted_with_findings', 'refused']

export type Checked = { ok: true; claims: ReceiptClaims } | { ok: false; why: 'malformed' | 'unknown_key' | 'bad_signature' | 'other_event' }

/** A receipt counts when the server signed it and it names exactly these bytes. */
export async function checkReceipt(
  receipt: string,
  { hash, device_id, jwks }: { hash: string; device_id: string; jwks: readonly PublicJwk[] },
): Promise<Checked> {
  let parts: ReturnType<typeof parse<ReceiptClaims>>
  try {
    parts = parse<ReceiptClaims>(receipt)
  } catch {
    return { ok: false, why: 'malformed' }
  }
  const { header, payload } = parts
  const whole = header.alg === 'ES256' && header.typ === 'receipt+jws' && VERDICTS.includes(payload?.verdict) && Array.isArray(payload.codes)
  if (!whole) return { ok: false, why: 'malformed' }
  const key = jwks.find((jwk) => jwk.kid === header.kid)
  if (!key) return { ok: false, why: 'unknown_key' }
  if (!(await isSignedBy(parts, key).catch(() => false))) return { ok: false, why: 'bad_signature' }
  if (payload.event_hash !== hash || (payload.device_id && payload.device_id !== device_id)) return { ok: false, why: 'other_event' }
  return { ok: true, claims: { ...payload, visits: payload.visits ?? [] } }
}

/** The hash that a receipt claims to answer, before anything is believed. */
export function claimedHash(receipt: string): string | null {
  try {
    const hash = parse<ReceiptClaims>(receipt).payload?.event_hash
    return typeof hash === 'string' ? hash : null
  } catch {
    return null
  }
}

export async function fetchKeys(db: Db, { env }: { env: Env }): Promise<PublicJwk[]> {
  const answer = await env.fetch('/api/v1/keys', { cache: 'no-store', signal: timeLimit(15_000) })
  if (!answer.ok) throw new Error(`keys: ${answer.status}`)
  const { keys } = (await answer.json()) as { keys: PublicJwk[] }
  if (!Array.isArray(keys)) throw new SyntaxError('no keys')
  await setMeta(db, 'jwks', keys)
  return keys
}

export const keptKeys = async (db: Db): Promise<PublicJwk[]> => (await getMeta(db, 'jwks')) ?? []
