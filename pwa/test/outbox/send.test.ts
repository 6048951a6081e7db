/** Sending: only a good receipt makes a record reached; nothing is lost, nothing blocks the rest. */
import { describe, expect, test } from 'vitest'
import { add, all } from '../../src/outbox/queue'
import { backOff, drain } from '../../src/outbox/send'
import { type Behaviour, CONTEXT, enrol, fakeServer, freshDb, makeEnv, problem } from '../support'

async function scene(count: number, behaviour: Behaviour = {}) {
  const db = await freshDb()
  const server = await fakeServer(behaviour)
  const { env, clock } = makeEnv(server.fetch)
  await enrol(db)
  const write = async () => {
    clock.now += 1000
    return add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
  }
  for (let i = 0; i < count; i++) await write()
  const states = async () => (await all(db)).map((entry) => entry.state)
  return { db, env, server, write, states, clock }
}

describe('the good way', () => {
  test('oldest first, at most fifty in one request', async () => {
    const { db, env, server, states } = await scene(120)
    const ids = (await all(db)).map((entry) => entry.event_id)
    const outcome = await drain(db, { env })
    expect(outcome).toEqual({ answered: 120, rewound: 0, changed: true, left: 0, needsEnrolment: false, problem: null, retryAfterMs: null })
    expect(server.bodies.map((body) => body.length)).toEqual([50, 50, 20])
    expect(server.bodies.flat()).toEqual(ids)
    expect(new Set(await states())).toEqual(new Set(['answered']))
    expect(server.keyAsks).toBe(1)
  })

  test('the chain keeps its order although the clock was set back', async () => {
    const { db, env, server, write, clock } = await scene(60)
    clock.now -= 86_400_000
    const late = await write()
    await drain(db, { env })
    expect(server.bodies.flat().at(-1)).toBe(late.event_id)
  })

  test('two senders at once send each event once', async () => {
    const { db, env, server } = await scene(10)
    await Promise.all([drain(db, { env }), drain(db, { env })])
    expect(server.bodies.map((body) => body.length)).toEqual([10])
  })

  test('a refused record stays, with its reason', async () => {
    const { db, env } = await scene(2, {
      verdict: (event) => (event.seq === 1 ? { verdict: 'refused', codes: ['TOKEN_MALFORMED'] } : { verdict: 'accepted', codes: [] }),
    })
    await drain(db, { env })
    expect((await all(db)).map((entry) => [entry.state, entry.answer?.verdict, entry.answer?.codes])).toEqual([
      ['answered', 'refused', ['TOKEN_MALFORMED']],
      ['answered', 'accepted', []],
    ])
  })
})

describe('a bad way', () => {
  test('no network, a time-out, a busy server, a log-in page: everything waits', async () => {
    const failures: [() => Response | Promise<Response>, string][] = [
      [() => Promise.reject(new TypeError('failed to fetch')), 'OFFLINE'],
      [() => Promise.reject(new DOMException('', 'TimeoutError')), 'TIMEOUT'],
      [() => problem('INTERNAL', 500), 'INTERNAL'],
      [() => new Response('bad gateway', { status: 502 }), 'HTTP_502'],
      [() => new Response('<html>log in</html>', { status: 200 }), 'BAD_ANSWER'],
      [() => new Response('<html>bad</html>', { status: 400 }), 'HTTP_400'],
    ]
    for (const [before, code] of failures) {
      const { db, env, states } = await scene(3, { before })
      expect(await drain(db, { env })).toMatchObject({ problem: code, changed: false })
      expect(await states()).toEqual(['waiting', 'waiting', 'waiting'])
    }
  })

  test('a lost answer: sent again, stored once, receipt kept', async () => {
    let lose = true
    const { db, env, server, states } = await scene(3, {
      after: () => {
        if (!lose) return
        lose = false
        throw new TypeError('connection lost')
      },
    })
    expect((await drain(db, { env })).problem).toBe('OFFLINE')
    expect(await states()).toEqual(['waiting', 'waiting', 'waiting'])
    expect((await drain(db, { env })).answered).toBe(3)
    expect(server.stored.size).toBe(3)
    expect(server.bodies[0]).toEqual(server.bodies[1])
  })

  test('one event the server will not take never blocks the others', async () => {
    const { db, env, server, states } = await scene(20, {
      before: (events) => (events.some((event) => event.seq === 7) ? problem('INVALID_BODY', 400) : undefined),
    })
    const outcome = await drain(db, { env })
    expect(outcome).toMatchObject({ answered: 19, left: 1, problem: 'INVALID_BODY' })
    expect((await states()).filter((state) => state === 'set_aside')).toHaveLength(1)
    expect((await all(db)).find((entry) => entry.state === 'set_aside')).toMatchObject({ seq: 7, problem: 'INVALID_BODY' })
    server.bodies.length = 0
    await drain(db, { env })
    expect(server.bodies).toEqual([])
    await drain(db, { env, retryAside: true })
    expect(server.bodies).toHaveLength(1)
  })

  test('a body too large for a proxy goes in smaller pieces', async () => {
    const { db, env } = await scene(40, { before: (events) => (events.length > 12 ? new Response('', { status: 413 }) : undefined) })
    expect((await drain(db, { env })).answered).toBe(40)
  })

  test('401 keeps everything and asks to enrol again', async () => {
    const { db, env, states } = await scene(2, { before: () => problem('NOT_AUTHENTICATED', 401) })
    expect(await drain(db, { env })).toMatchObject({ needsEnrolment: true, left: 2, problem: 'NOT_AUTHENTICATED' })
    expect(await states()).toEqual(['waiting', 'waiting'])
  })

  test('records of a former enrolment do not keep the present ones', async () => {
    const db = await freshDb()
    const server = await fakeServer({ before: (_, turn) => (turn === 2 ? problem('NOT_AUTHENTICATED', 401) : undefined) })
    const { env, clock } = makeEnv(server.fetch)
    const draft = { kind: 'check_in' as const }
    await enrol(db, 'old')
    await add(db, { draft, context: CONTEXT, env })
    await enrol(db, 'new')
    clock.now += 1000
    await add(db, { draft, context: CONTEXT, env })
    expect(await drain(db, { env })).toMatchObject({ answered: 1, left: 1, needsEnrolment: false })
    expect((await all(db)).map((entry) => [entry.device_id, entry.state])).toEqual([
      ['old', 'set_aside'],
      ['new', 'answered'],
    ])
  })

  test('a receipt that is forged, missing or for another event does not count, and the rest goes on', async () => {
    for (const [receipt, why] of [
      [(text: string) => `${text.slice(0, -6)}AAAAAA`, 'RECEIPT_INVALID'],
      [() => 'nonsense', 'RECEIPT_MISSING'],
    ] as const) {
      const { db, env } = await scene(3, { receipt: (text, event) => (event.seq === 2 ? receipt(text) : text) })
      expect(await drain(db, { env })).toMatchObject({ answered: 2, left: 1, problem: why })
      expect((await all(db)).map((entry) => entry.problem)).toEqual([null, why, null])
    }
  })

  test('receipts in another order still find their events', async () => {
    const { db, env } = await scene(3)
    const ordered = env.fetch
    const mixed: typeof fetch = async (input, init) => {
      const answer = await ordered(input, init)
      if (String(input).endsWith('/keys')) return answer
      const body = (await answer.json()) as { receipts: unknown[] }
      return Response.json({ ...body, receipts: body.receipts.reverse() })
    }
    expect((await drain(db, { env: { ...env, fetch: mixed } })).answered).toBe(3)
  })

  test('a new server key is fetched once', async () => {
    let kid = 's1'
    const { db, env, server, write } = await scene(1, { kid: () => kid })
    await drain(db, { env })
    kid = 's2'
    await write()
    await write()
    expect((await drain(db, { env })).answered).toBe(2)
    expect(server.keyAsks).toBe(2)
  })

  test('Retry-After is heard', async () => {
    const { db, env } = await scene(1, { before: () => problem('TOO_MANY_REQUESTS', 429, { 'retry-after': '17' }) })
    expect(await drain(db, { env })).toMatchObject({ problem: 'TOO_MANY_REQUESTS', retryAfterMs: 17_000 })
  })
})

describe('waiting', () => {
  test('doubles, has an end, leaves half to chance, and never undercuts the server', () => {
    const at = (failures: number, byte: number, atLeast: number | null = null) =>
      backOff(failures, { env: { ...makeEnv().env, random: () => Uint8Array.of(byte) }, atLeast })
    expect([at(1, 0), at(1, 255)]).toEqual([1000, 2000])
    expect([at(4, 0), at(4, 255)]).toEqual([8000, 16_000])
    expect([at(500, 0), at(500, 255)]).toEqual([150_000, 300_000])
    expect(at(1, 0, 17_000)).toBe(17_000)
  })
})
