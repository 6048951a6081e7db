/** The days on the phone's disk: by cursor, whole or not at all, given up by rule, and never at the outbox's cost. */
import { deleteDB, openDB } from 'idb'
import { describe, expect, test } from 'vitest'
import { dayAfter, forgetDays, giveUpOld, keepDays, readDays } from '../../src/outbox/days'
import { type Db, getMeta, openDb, setMeta } from '../../src/outbox/db'
import * as queue from '../../src/outbox/queue'
import { answer } from '../kept'
import { CONTEXT, enrol, freshDb, makeEnv } from '../support'

const NOW = Date.parse('2026-04-08T01:00:00Z')
const visits = (id: string) => [{ id }] as never
const daysOf = async (db: Db) => (await readDays(db)).days.map(({ day, visits: [first], listed_at }) => [day, (first as { id: string } | undefined)?.id ?? null, listed_at])

describe('what an answer brings', () => {
  test('is kept, and only what changed is written anew', async () => {
    const db = await freshDb()
    const first = answer({ days: [{ day: '2026-04-07', visits: [] }, { day: '2026-04-08', visits: visits('a') }], month_used: { m: 1 } })
    expect(await keepDays(db, { answer: first, asked: null, now: NOW - 5_000 })).toBe(true)
    const later = answer({ server_time: '2026-04-08T02:00:00Z', cursor: 'c2', days: [{ day: '2026-04-09', visits: visits('b') }], catalogue: null, carer: null, month_used: null })
    expect(await keepDays(db, { answer: later, asked: 'c1', now: NOW })).toBe(true)
    expect(await daysOf(db)).toEqual([
      ['2026-04-07', null, '2026-04-08T01:00:00Z'],
      ['2026-04-08', 'a', '2026-04-08T01:00:00Z'],
      ['2026-04-09', 'b', '2026-04-08T02:00:00Z'],
    ])
    const { carried } = await readDays(db)
    expect(carried).toMatchObject({ cursor: 'c2', server_time: '2026-04-08T02:00:00Z', catalogue: first.catalogue, carer: first.carer, month_used: { m: 1 }, behind_ms: 3_600_000 })
    expect(Object.keys(carried ?? {})).not.toEqual(expect.arrayContaining(['anchor']))
  })

  test('of another window’s cursor is left alone', async () => {
    const db = await freshDb()
    await keepDays(db, { answer: answer({ days: [{ day: '2026-04-08', visits: visits('a') }] }), asked: null, now: NOW })
    const stale = answer({ cursor: 'other', days: [{ day: '2026-04-08', visits: visits('stale') }], catalogue: null })
    expect(await keepDays(db, { answer: stale, asked: 'c0', now: NOW })).toBe(false)
    expect(await keepDays(db, { answer: stale, asked: null, now: NOW })).toBe(false)
    expect((await readDays(db)).carried?.cursor).toBe('c1')
    expect((await daysOf(db))[0]?.[1]).toBe('a')
  })

  test('comes with the next day, and takes the oldest away', async () => {
    const db = await freshDb()
    const days = Array.from({ length: 12 }, (_, n) => ({ day: dayAfter('2026-03-28', n), visits: visits(`v${n}`) }))
    for (const { day } of days) await db.put('progress', { visit_id: `t${day}`, day, tasks: ['bath'], acknowledged: [], note: '' })
    await keepDays(db, { answer: answer({ days }), asked: null, now: NOW })
    const left = (await readDays(db)).days.map(({ day }) => day)
    expect([left[0], left.length]).toEqual(['2026-04-01', 8])
    expect((await db.getAll('progress')).map(({ day }) => day)).toEqual(left)
  })
})

describe('what leaves the phone', () => {
  test('is what is older than seven days, without any contact', async () => {
    const db = await freshDb()
    const days = [-9, -8, -7, 0, 7].map((n) => ({ day: dayAfter('2026-04-08', n), visits: visits(String(n)) }))
    await keepDays(db, { answer: answer({ first_day: '2026-03-30', days }), asked: null, now: NOW })
    await giveUpOld(db, '2026-04-08')
    expect((await readDays(db)).days.map(({ day }) => day)).toEqual(['2026-04-01', '2026-04-08', '2026-04-15'])
  })

  test('is everything when the phone is nobody’s any more, but no record', async () => {
    const db = await freshDb()
    await enrol(db)
    const { env } = makeEnv()
    await queue.add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
    await keepDays(db, { answer: answer({ days: [{ day: '2026-04-08', visits: visits('a') }] }), asked: null, now: NOW })
    await db.put('progress', { visit_id: 'v1', day: '2026-04-08', tasks: [], acknowledged: [], note: '老人摔过' })
    await forgetDays(db)
    expect(await readDays(db)).toEqual({ carried: null, days: [] })
    expect(await db.getAll('progress')).toEqual([])
    expect(await queue.all(db)).toHaveLength(1)
    expect(await getMeta(db, 'device')).toBeDefined()
  })
})

test('a civil date goes over months, years and leap days', () => {
  expect([dayAfter('2026-02-28', 1), dayAfter('2028-02-28', 1), dayAfter('2026-12-31', 1), dayAfter('2026-01-01', -1)]).toEqual(['2026-03-01', '2028-02-29', '2027-01-01', '2025-12-31'])
})

test('a database of the first version keeps its outbox, its key and its ticks, and gives up its single day', async () => {
  const name = 'first-version'
  const old = await openDB(name, 1, {
    upgrade(db) {
      db.createObjectStore('meta')
      const outbox = db.createObjectStore('outbox', { keyPath: ['device_id', 'seq'] })
      outbox.createIndex('event_id', 'event_id', { unique: true })
      outbox.createIndex('state', 'state')
      db.createObjectStore('days', { keyPath: 'day' })
      db.createObjectStore('progress', { keyPath: 'visit_id' })
    },
  })
  await old.put('days', { day: '2026-04-08', fetched_at: 1, data: { visits: [] } })
  await old.put('outbox', { device_id: 'd1', seq: 1, event_id: 'x1', jws: 'a.b.c', state: 'waiting' })
  await old.put('meta', { device_id: 'd1' }, 'device')
  await old.put('progress', { visit_id: 'v1', day: '2026-04-08', tasks: ['bath'], acknowledged: [], note: '' })
  old.close()
  const db = await openDb(name)
  expect(db.version).toBe(2)
  expect((await queue.all(db)).map(({ jws }) => jws)).toEqual(['a.b.c'])
  expect(await db.countFromIndex('outbox', 'state', 'waiting')).toBe(1)
  expect(await getMeta(db, 'device')).toEqual({ device_id: 'd1' })
  expect(await db.count('progress')).toBe(1)
  expect(await readDays(db)).toEqual({ carried: null, days: [] })
  await setMeta(db, 'persisted', true)
  db.close()
  await deleteDB(name)
})
