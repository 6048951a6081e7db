/** Compact JWS with ES256: signing, taking apart, and checking. */
import type { PublicJwk } from '../api/wire'
import { fromBase64url, toBase64url, utf8 } from './bytes'

const SIGN = { name: 'ECDSA', hash: 'SHA-256' } as const
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const

export interface Header {
  alg: string
  kid?: string
  typ?: string
}
export interface Parts<T> {
  header: Header
  payload: T
  signed: string
  signature: Uint8Array<ArrayBuffer>
}

export async function sign(header: Omit<Header, 'alg'>, payload: unknown, key: CryptoKey): Promise<string> {
  const text = [{ alg: 'ES256', ...header }, payload].map((part) => toBase64url(utf8(JSON.stringify(part)))).join('.')
  const signature = await crypto.subtle.sign(SIGN, key, utf8(text))
  return `${text}.${toBase64url(new Uint8Array(signature))}`
}

/** Throws a SyntaxError when it is not a compact JWS; says nothing about its signature. */
export function parse<T>(jws: string): Parts<T> {
  const [head, body, tail, ...more] = jws.split('.')
  if (head === undefined || body === undefined || tail === undefined || more.length) throw new SyntaxError('not a compact JWS')
  const read = (part: string) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromBase64url(part))) as unknown
  return { header: read(head) as Header, payload: read(body) as T, signed: `${head}.${body}`, signature: fromBase64url(tail) }
}

export async function isSignedBy({ signed, signature }: Parts<unknown>, jwk: PublicJwk): Promise<boolean> {
  const { kty, crv, x, y } = jwk
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y) return false
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, CURVE, false, ['verify'])
  return crypto.subtle.verify(SIGN, key, signature, utf8(signed))
}
