/** Stands in for time, chance, locks and the server, all held still. */
import 'fake-indexeddb/auto'
import type { CheckEvent, PublicJwk, ReceiptClaims, Verdict } from '../src/api/wire'
import { forgetAnchor } from '../src/outbox/anchor'
import { hashOf } from '../src/outbox/bytes'
import { type Db, type EntryContext, openDb, setMeta } from '../src/outbox/db'
import { type Env, localLock } from '../src/outbox/env'
import { parse, sign } from '../src/outbox/jws'

export const CONTEXT: EntryContext = { visit_ids: ['v1'], elders: [{ id: 'e1', name: '王秀英' }], address: '甜水园 1-2-301', service_type: 'bathing', day: '2026-04-08' }

let names = 0
export interface Clock {
  now: number
  perf: number
}

export function makeEnv(fetchImpl: typeof fetch = async () => Promise.reject(new TypeError('no network'))) {
  const clock: Clock = { now: Date.parse('2026-04-08T01:00:00Z'), perf: 1000 }
  let chance = 1
  const env: Env = {
    now: () => clock.now,
    perf: () => clock.perf,
    origin: 1,
    zoneMin: () => 480,
    random: (length) => Uint8Array.from({ length }, () => (chance = (chance * 75 + 74) % 65537) & 0xff),
    fetch: fetchImpl,
    lock: localLock,
  }
  return { env, clock }
}

export async function freshDb(): Promise<Db> {
  forgetAnchor()
  return openDb(`test-${++names}`)
}

export async function enrol(db: Db, device_id = 'd1'): Promise<CryptoKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  await setMeta(db, 'device', {
    device_id,
    caregiver: { id: 'c1', name: '李明' },
    provider: { id: 'p1', name: '康乐' },
    private_key: pair.privateKey,
    enrolled_at: 0,
    confirmed: true,
  })
  return pair.publicKey
}

export interface FakeServer {
  fetch: typeof fetch
  /** Every body that came to /checkins, as the list of its events' ids. */
  bodies: string[][]
  stored: Map<string, CheckEvent>
  keyAsks: number
}

export interface Behaviour {
  /** Answers instead of the normal way when it returns a Response. */
  before?: (events: CheckEvent[], turn: number) => Response | Promise<Response> | undefined
  /** After storing: the answer may get lost. */
  after?: (turn: number) => void
  verdict?: (event: CheckEvent) => { verdict: Verdict; codes: string[] }
  receipt?: (receipt: string, event: CheckEvent, turn: number) => string
  kid?: () => string
  received?: () => string
}

export const problem = (code: string, status: number, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, title: '', title_en: '' }), { status, headers: { 'content-type': 'application/problem+json', ...headers } })

export async function fakeServer(behaviour: Behaviour = {}): Promise<FakeServer> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as PublicJwk
  const kid = () => behaviour.kid?.() ?? 's1'
  let turn = 0
  const server: FakeServer = { bodies: [], stored: new Map(), keyAsks: 0, fetch: async () => new Response() }
  server.fetch = async (input, init) => {
    if (String(input).endsWith('/keys')) {
      server.keyAsks++
      return Response.json({ keys: [{ ...jwk, kid: kid() }] })
    }
    turn++
    const { events } = JSON.parse(String(init?.body)) as { events: string[] }
    const parsed = events.map((jws) => parse<CheckEvent>(jws).payload)
    server.bodies.push(parsed.map((event) => event.event_id))
    const early = await behaviour.before?.(parsed, turn)
    if (early) return early
    const receipts = await Promise.all(
      events.map(async (jws, i) => {
        const event = parsed[i] as CheckEvent
        server.stored.set(event.event_id, event)
        const { verdict, codes } = behaviour.verdict?.(event) ?? { verdict: 'accepted' as const, codes: [] }
        const claims: ReceiptClaims = {
          event_id: event.event_id,
          event_hash: await hashOf(jws),
          device_id: parse(jws).header.kid ?? null,
          received_at: behaviour.received?.() ?? '2026-04-08T01:00:01Z',
          verdict,
          codes,
          visits: [],
        }
        const receipt = await sign({ kid: kid(), typ: 'receipt+jws' }, claims, pair.privateKey)
        return { event_id: event.event_id, verdict, codes, receipt: behaviour.receipt?.(receipt, event, turn) ?? receipt }
      }),
    )
    behaviour.after?.(turn)
    return Response.json({ receipts, anchor: `anchor-${turn}`, server_time: '2026-04-08T01:00:01Z' })
  }
  return server
}
