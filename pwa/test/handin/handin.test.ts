/** Records by hand: nothing changes on the way, nothing foreign is believed, and each gets its own answer. */
import { generate } from 'lean-qr'
import { describe, expect, test } from 'vitest'
import events from '../../../schemas/examples/check-event.json'
import { Problem } from '../../src/api/problem'
import type { CheckinsAnswer } from '../../src/api/wire'
import { collector, FRAME_BYTES, frames, packFile, unpack } from '../../src/handin/pack'
import { submit } from '../../src/handin/submit'
import { add, all, noteCounted } from '../../src/outbox/queue'
import { receive } from '../../src/outbox/receive'
import { drain } from '../../src/outbox/send'
import { fetchKeys } from '../../src/outbox/receipts'
import { wordOf } from '../../src/rules/words'
import { CONTEXT, enrol, fakeServer, freshDb, makeEnv } from '../support'

const TEXTS = events.chain.map(({ jws }) => jws)

describe('files and text', () => {
  test('come back as they went in, each once', () => {
    expect(unpack(packFile('records', [...TEXTS, TEXTS[0] as string]), 'records')).toEqual(TEXTS)
    expect(unpack(packFile('receipts', TEXTS), 'receipts')).toEqual(TEXTS)
  })
  test('bare text with other words around it', () => expect(unpack(`王姐发来的：\n${TEXTS.join('\n\n')}\n谢谢`, 'records')).toEqual(TEXTS))
  test.each(['', '{}', '[1]', 'null', '{"events":[1,"x",null]}', '你好', 'a.b.c', packFile('receipts', []), '{"events":"x"}'])('nothing in %j', (text) =>
    expect(unpack(text, 'records')).toEqual([]),
  )
})

describe('codes', () => {
  const row = frames(TEXTS, 'abc')
  test('each fits a code that a camera can read, and says its place', () => {
    expect(row.length).toBeGreaterThan(1)
    for (const [i, frame] of row.entries()) {
      expect(frame.startsWith(`DOORSTEP1/abc/${i + 1}/${row.length}/`)).toBe(true)
      expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES + 40)
      expect(generate(frame).size).toBeLessThanOrEqual(85)
    }
  })
  test('are put together in any order, with repeats', () => {
    const take = collector()
    const seen = [...row, ...row].reverse().map(take)
    expect(seen[0]).toEqual({ have: 1, of: row.length, texts: null })
    expect(seen[row.length - 1]?.texts).toEqual(TEXTS)
  })
  test('another row begins anew, and what is not ours is not heard', () => {
    const take = collector()
    take(row[0] as string)
    expect(take('HTTPS://EXAMPLE.CN/Q/1ABC')).toBeNull()
    expect(take('DOORSTEP1/x/0/3/a')).toBeNull()
    expect(take('DOORSTEP1/x/4/3/a')).toBeNull()
    expect(take('DOORSTEP1/x/1/99999/a')).toBeNull()
    expect(frames(TEXTS, 'zzz').map(take).at(-1)?.texts).toEqual(TEXTS)
  })
})

describe('the office', () => {
  const receipts = (list: readonly string[]): CheckinsAnswer => ({
    receipts: list.map((jws) => ({ event_id: null, verdict: 'accepted', codes: [], receipt: `r-${jws.length}` })),
    anchor: null,
    server_time: '',
  })
  test('gets an answer for each, at most fifty in a request', async () => {
    const sizes: number[] = []
    const texts = Array.from({ length: 120 }, (_, i) => `${TEXTS[0]}${i}`)
    const handed = await submit(texts, { send: async (part) => (sizes.push(part.length), receipts(part)) })
    expect([sizes, handed.length, handed.every((one) => one.receipt)]).toEqual([[50, 50, 20], 120, true])
    expect(handed[0]?.event.kind).toBe(events.chain[0]?.payload.kind)
  })
  test('one that the server cannot read does not take the others with it', async () => {
    const bad = TEXTS[1] as string
    const send = async (part: readonly string[]) => {
      if (part.includes(bad)) throw new Problem('INVALID_BODY', 400)
      return receipts(part)
    }
    const handed = await submit(TEXTS, { send })
    expect(handed.map((one) => one.problem?.code ?? one.verdict)).toEqual(TEXTS.map((jws) => (jws === bad ? 'INVALID_BODY' : 'accepted')))
  })
  test('without a network all of them can be tried again', async () => {
    const handed = await submit(TEXTS, { send: () => Promise.reject(new Problem('OFFLINE')) })
    expect(handed.map((one) => one.problem?.code)).toEqual(TEXTS.map(() => 'OFFLINE'))
  })
})

describe('receipts that come back by hand', () => {
  test('make the record reached, only with the signature of the server over these bytes', async () => {
    const db = await freshDb()
    const server = await fakeServer()
    const { env } = makeEnv(server.fetch)
    await enrol(db)
    for (let i = 0; i < 3; i++) await add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
    const entries = await all(db)
    const answer = (await (await server.fetch('/api/v1/checkins', { method: 'POST', body: JSON.stringify({ events: entries.slice(0, 2).map((entry) => entry.jws) }) })).json()) as CheckinsAnswer
    const [first = '', second = ''] = answer.receipts.map((one) => one.receipt)
    await fetchKeys(db, { env })
    const offline = { ...env, fetch: () => Promise.reject(new TypeError('offline')) }
    const forged = `${second.slice(0, -8)}AAAAAAAA`
    expect(await receive(db, [first, forged, 'no.receipt.atall'], { env: offline, entries })).toEqual({ taken: 1, known: 0, strange: 2 })
    expect((await all(db)).map((entry) => entry.state)).toEqual(['answered', 'waiting', 'waiting'])
    expect(await receive(db, [first, second], { env: offline, entries: await all(db) })).toEqual({ taken: 1, known: 1, strange: 0 })
    expect(await drain(db, { env })).toMatchObject({ answered: 1, left: 0 })
  })
})

test('that a record counts is remembered when its visit is no longer listed, and forgotten when it is opened again', async () => {
  const db = await freshDb()
  const server = await fakeServer()
  const { env } = makeEnv(server.fetch)
  await enrol(db)
  const { event_id } = await add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
  await drain(db, { env })
  const word = async (state?: 'verified' | 'reopened') => wordOf((await all(db))[0] as Awaited<ReturnType<typeof all>>[number], () => state).word
  expect([await word(), await word('verified')]).toEqual(['accepted', 'counted'])
  await noteCounted(db, new Map([[event_id, true]]))
  expect([await word(), await word('reopened')]).toEqual(['counted', 'accepted'])
})
