/** Signed bytes, by the examples that the server's tests read too. */
import { describe, expect, test } from 'vitest'
import events from '../../../schemas/examples/check-event.json'
import receipts from '../../../schemas/examples/receipt.json'
import type { PublicJwk } from '../../src/api/wire'
import { fromBase64url, hashOf, toBase64url, uuid7 } from '../../src/outbox/bytes'
import { isSignedBy, parse, sign } from '../../src/outbox/jws'
import { checkReceipt, claimedHash } from '../../src/outbox/receipts'

describe('check events', () => {
  test('the example chain is signed, hashed and linked', async () => {
    let prev: string | null = null
    for (const [i, { jws, hash, payload }] of events.chain.entries()) {
      const parts = parse<typeof payload>(jws)
      expect(parts.header).toEqual({ alg: 'ES256', kid: events.device_id, typ: 'checkin+jws' })
      expect(parts.payload).toEqual(payload)
      expect(await isSignedBy(parts, events.phone_key)).toBe(true)
      expect(await hashOf(jws)).toBe(hash)
      expect(payload.seq).toBe(i + 1)
      expect(payload.prev).toBe(prev)
      prev = hash
    }
  })
  test.each(events.invalid)('not believed: $why', async ({ jws }) => {
    const believed = async () => {
      const parts = parse(jws)
      return parts.header.alg === 'ES256' && (await isSignedBy(parts, events.phone_key))
    }
    expect(await believed().catch(() => false)).toBe(false)
  })
  test('what we sign has raw 64-byte signatures and can be checked', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const jws = await sign({ kid: 'd', typ: 'checkin+jws' }, { note: '老人 👍', position: { lat: 1e-7 } }, pair.privateKey)
    const parts = parse<{ note: string }>(jws)
    expect(parts.signature).toHaveLength(64)
    expect(parts.payload.note).toBe('老人 👍')
    const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as PublicJwk
    expect(await isSignedBy(parts, jwk)).toBe(true)
  })
})

describe('receipts', () => {
  const { jwks, event_hash: hash, device_id } = receipts
  test.each(receipts.valid)('counts: $claims.verdict', async ({ receipt, claims }) => {
    expect(claimedHash(receipt)).toBe(hash)
    expect(await checkReceipt(receipt, { hash, device_id, jwks: jwks.keys })).toEqual({ ok: true, claims })
  })
  test.each(receipts.invalid)('does not count: $why', async ({ receipt, why }) => {
    expect(await checkReceipt(receipt, { hash, device_id, jwks: jwks.keys })).toEqual({ ok: false, why })
  })
})

describe('bytes', () => {
  test('base64url there and back, strict', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(fromBase64url(toBase64url(bytes))).toEqual(bytes)
    expect(() => fromBase64url('a+b=')).toThrow(SyntaxError)
  })
  test('uuid7 holds the time and sorts by it', () => {
    const random = (length: number) => new Uint8Array(length).fill(0xff)
    const id = uuid7(Date.parse('2026-04-08T01:00:00Z'), random)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse('2026-04-08T01:00:00Z'))
    expect(uuid7(1, random) < uuid7(2, random)).toBe(true)
  })
})
