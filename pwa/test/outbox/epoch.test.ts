/** A server that comes back from a backup: what it has lost goes out again, and only that. */
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/outbox/db'
import { hearServer, markOf } from '../../src/outbox/epoch'
import { add, all, prune, settle } from '../../src/outbox/queue'
import { drain } from '../../src/outbox/send'
import { type Behaviour, CONTEXT, enrol, fakeServer, freshDb, makeEnv } from '../support'

/** A server whose database can be taken back to an older one. */
async function scene(behaviour: Behaviour = {}) {
  const db = await freshDb()
  const life = { epoch: 'one', heard: true }
  const server = await fakeServer(behaviour)
  const inner = server.fetch
  const speaking: typeof fetch = async (input, init) => {
    const answer = await inner(input, init)
    if (!answer.ok || String(input).endsWith('/keys')) return answer
    const seqs = [...server.stored.values()].map((event) => event.seq)
    const heard = life.heard ? { heard: { seq: seqs.length ? Math.max(...seqs) : null } } : {}
    return Response.json({ ...(await answer.json()), epoch: life.epoch, ...heard })
  }
  const { env, clock } = makeEnv(speaking)
  await enrol(db)
  const write = async (count = 1) => {
    for (let i = 0; i < count; i++) await add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
  }
  const restore = (upTo: number) => {
    for (const [id, event] of server.stored) if (event.seq > upTo) server.stored.delete(id)
  }
  const states = async () => (await all(db)).map((entry) => entry.state)
  return { db, env, clock, server, write, restore, states, life }
}

describe('a new epoch', () => {
  test('everything accepted goes out again in one round: the same bytes, oldest first, receipts kept beside', async () => {
    const { db, env, server, write, restore, states, life } = await scene()
    await write(120)
    await drain(db, { env })
    const before = await all(db)
    restore(40)
    life.epoch = 'two'
    await write()
    server.bodies.length = 0
    expect(await drain(db, { env })).toMatchObject({ answered: 121, rewound: 120, left: 0, problem: null })
    expect(server.bodies.slice(1).flat()).toEqual(before.map((entry) => entry.event_id))
    expect(server.stored.size).toBe(121)
    const after = await all(db)
    expect(after.slice(0, 120).map(({ jws, proofs }) => [jws, proofs?.[0]?.receipt])).toEqual(before.map(({ jws, receipt }) => [jws, receipt]))
    expect(new Set(await states())).toEqual(new Set(['answered']))
    server.bodies.length = 0
    await write()
    await drain(db, { env })
    expect(server.bodies.map((body) => body.length)).toEqual([1])
  })

  test('refused records are told again too, and only the last 60 days', async () => {
    let at = '2026-01-01T00:00:00Z'
    const { db, env, write, life } = await scene({
      verdict: (event) => (event.seq === 2 ? { verdict: 'refused', codes: ['TOKEN_MALFORMED'] } : { verdict: 'accepted', codes: [] }),
      received: () => at,
    })
    await write()
    await drain(db, { env })
    at = '2026-04-08T00:00:00Z'
    await write(2)
    await drain(db, { env })
    life.epoch = 'two'
    const mark = await markOf(db, 'd1')
    expect(mark.seq).toBe(3)
    expect(await hearServer(db, { epoch: 'two', heard: { seq: 3 } }, mark)).toBe(2)
    expect((await all(db)).map((entry) => entry.state)).toEqual(['answered', 'waiting', 'waiting'])
  })

  test('the first word about an epoch is only noted', async () => {
    const { db, env, write } = await scene()
    await write(2)
    expect(await drain(db, { env })).toMatchObject({ answered: 2, rewound: 0 })
  })

  test('a record that waits again is not pruned', async () => {
    const { db, env, write } = await scene()
    await write(2)
    await drain(db, { env })
    await hearServer(db, { epoch: 'two' }, await markOf(db, 'd1'))
    await prune(db)
    expect((await all(db)).map((entry) => [entry.state, entry.proofs?.length])).toEqual([
      ['waiting', 1],
      ['waiting', 1],
    ])
  })
})

describe('fewer heard than I hold receipts for', () => {
  test('only what came after is sent again', async () => {
    const { db, env, server, write, restore } = await scene()
    await write(10)
    await drain(db, { env })
    restore(6)
    expect(await hearServer(db, { epoch: 'one', heard: { seq: 6 } }, await markOf(db, 'd1'))).toBe(4)
    server.bodies.length = 0
    expect(await drain(db, { env })).toMatchObject({ answered: 4, left: 0 })
    expect(server.stored.size).toBe(10)
  })

  test('nothing heard at all is told all', async () => {
    const { db, env, write } = await scene()
    await write(3)
    await drain(db, { env })
    expect(await hearServer(db, { heard: { seq: null } }, await markOf(db, 'd1'))).toBe(3)
  })

  test('the mark is the newest receipt of that phone that is no refusal, whatever else lies there', async () => {
    const { db, write } = await scene()
    const at = (received_at: string) => ({ event_id: null, event_hash: '', device_id: null, received_at, codes: [], visits: [] })
    for (const device of ['d0', 'd1', 'd2']) {
      await enrol(db, device)
      for (const verdict of ['accepted', 'accepted_with_findings', 'refused', null] as const) {
        await write()
        const entry = (await all(db)).at(-1) as Entry
        if (verdict) await settle(db, entry, 'r', { ...at('2026-04-08T01:00:00Z'), verdict })
      }
    }
    await enrol(db, 'd3')
    await write()
    const marks = await Promise.all(['a', 'd0', 'd1', 'd2', 'd3', 'z'].map((device) => markOf(db, device)))
    expect(marks.map(({ seq }) => seq)).toEqual([0, 2, 2, 2, 0, 0])
  })

  test('a slow answer is not held against what another one brought', async () => {
    const { db, env, write } = await scene()
    await write(3)
    await drain(db, { env })
    const mark = await markOf(db, 'd1')
    await write()
    await drain(db, { env })
    expect(await hearServer(db, { epoch: 'one', heard: { seq: 3 } }, mark)).toBe(0)
  })

  test('a server that never says the right number is not sent the same for ever', async () => {
    const { db, env, write } = await scene()
    await write(3)
    await drain(db, { env })
    const complain = async () => hearServer(db, { epoch: 'one', heard: { seq: 1 } }, await markOf(db, 'd1'))
    expect(await complain()).toBe(2)
    await drain(db, { env: { ...env, fetch: (await scene()).env.fetch } }).catch(() => undefined)
    expect(await complain()).toBe(0)
    await hearServer(db, { epoch: 'one', heard: { seq: 3 } }, await markOf(db, 'd1'))
    await drain(db, { env })
    expect(await complain()).toBe(2)
  })

  test('a server that says nothing of it changes nothing', async () => {
    const { db, env, write, life } = await scene()
    life.heard = false
    await write(3)
    await drain(db, { env })
    expect(await hearServer(db, {}, await markOf(db, 'd1'))).toBe(0)
  })
})
