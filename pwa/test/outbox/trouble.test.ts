/** When the phone's storage fails, or somebody else holds it: nothing is lost, and the reason can be said. */
import { openDB } from 'idb'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CheckEvent } from '../../src/api/wire'
import { openDb } from '../../src/outbox/db'
import { adopt, enrolRequest } from '../../src/outbox/keys'
import { parse } from '../../src/outbox/jws'
import { add, addMakingRoom, all, settle } from '../../src/outbox/queue'
import { drain } from '../../src/outbox/send'
import { troubleOf } from '../../src/outbox/trouble'
import { CONTEXT, enrol, fakeServer, freshDb, makeEnv } from '../support'

const draft = { kind: 'check_in' as const, visit_id: 'v1', elder_ids: ['e1'] }
const CLAIMS = { event_id: null, event_hash: '', device_id: null, codes: [], visits: [], verdict: 'accepted' as const }

/** The disk is full for so many writes of one kind. */
function full(method: 'add' | 'put', times: number) {
  const real = IDBObjectStore.prototype[method]
  let left = times
  vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore, ...rest: Parameters<typeof real>) {
    if (this.name === 'outbox' && left-- > 0) throw new DOMException('no room', 'QuotaExceededError')
    return real.apply(this, rest)
  })
}
afterEach(() => void vi.restoreAllMocks())

describe('a full disk', () => {
  test('what is old and done makes room, and the record is stored after all', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const old = await add(db, { draft, context: CONTEXT, env })
    const head = await add(db, { draft, context: CONTEXT, env })
    await settle(db, old, 'r', { ...CLAIMS, received_at: '2026-01-01T00:00:00Z' })
    await settle(db, head, 'r', { ...CLAIMS, received_at: '2026-04-01T00:00:00Z' })
    full('add', 1)
    const entry = await addMakingRoom(db, { draft, context: CONTEXT, env })
    expect(entry.event.prev).toBe(head.hash)
    expect((await all(db)).map((one) => one.seq)).toEqual([2, 3])
  })

  test('still full: it is said, nothing half is there, and the chain goes on when there is room', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const first = await add(db, { draft, context: CONTEXT, env })
    full('add', 2)
    const failure = await addMakingRoom(db, { draft, context: CONTEXT, env }).catch((error: unknown) => error)
    expect(troubleOf(failure)).toBe('full')
    expect(await all(db)).toHaveLength(1)
    expect((await addMakingRoom(db, { draft, context: CONTEXT, env })).event).toMatchObject({ seq: 2, prev: first.hash })
  })

  test('a receipt that cannot be stored: the record waits on and is sent again, stored once', async () => {
    const db = await freshDb()
    const server = await fakeServer()
    const { env } = makeEnv(server.fetch)
    await enrol(db)
    await add(db, { draft, context: CONTEXT, env })
    full('put', 1)
    expect(troubleOf(await drain(db, { env }).catch((error: unknown) => error))).toBe('full')
    expect((await all(db)).map((one) => one.state)).toEqual(['waiting'])
    expect(await drain(db, { env })).toMatchObject({ answered: 1, left: 0 })
    expect(server.stored.size).toBe(1)
  })

  test('a transaction that the disk ends names its reason', async () => {
    const db = await freshDb()
    const { env } = makeEnv()
    await enrol(db)
    const real = IDBObjectStore.prototype.add
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, ...rest: Parameters<typeof real>) {
      const request = real.apply(this, rest)
      const { transaction } = this
      Object.defineProperty(transaction, 'error', { get: () => new DOMException('', 'QuotaExceededError') })
      transaction.abort()
      return request
    })
    const failure = await add(db, { draft, context: CONTEXT, env }).catch((error: unknown) => error)
    expect(troubleOf(failure)).toBe('full')
  })
})

describe('no storage', () => {
  test.each([
    [new DOMException('', 'SecurityError'), 'refused'],
    [new DOMException('', 'InvalidStateError'), 'refused'],
    [new ReferenceError('indexedDB is not defined'), 'refused'],
    [new DOMException('', 'UnknownError'), 'failed'],
    ['whatever', 'failed'],
  ])('%s is %s', (error, why) => expect(troubleOf(error)).toBe(why))

  test('a browser without IndexedDB', async () => {
    const kept = indexedDB
    vi.stubGlobal('indexedDB', undefined)
    const failure = await openDb('none').catch((error: unknown) => error)
    expect(troubleOf(failure)).toBe('refused')
    vi.stubGlobal('indexedDB', kept)
  })
})

describe('two windows', () => {
  test('write one chain, each with its own connection', async () => {
    const [one, other] = [await openDb('two-tabs'), await openDb('two-tabs')]
    const { env } = makeEnv()
    await enrol(one)
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(i % 2 ? one : other, { draft, context: CONTEXT, env })))
    const chain = (await all(other)).map((entry) => parse<CheckEvent>(entry.jws).payload)
    expect(chain.map((event) => event.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    one.close()
    other.close()
  })

  test('a newer version in one closes the other, which then knows that it is old', async () => {
    let gone = 0
    const old = await openDb('newer', () => gone++)
    const newer = await openDB('newer', old.version + 1)
    expect(gone).toBe(1)
    expect(troubleOf(await openDb('newer').catch((error: unknown) => error))).toBe('newer')
    newer.close()
  })

  test('one that does not let go is named', async () => {
    const stubborn = await openDB('stuck', 1, { upgrade: (db) => void db.createObjectStore('days'), blocking: () => undefined })
    const { version } = await openDb('which')
    if (version === 1) return stubborn.close()
    await new Promise<void>((done) => {
      void openDb('stuck', undefined, () => {
        stubborn.close()
        done()
      })
    })
  })
})

test('an update of the app finds the queue of the version before, and sends it', async () => {
  const server = await fakeServer()
  const { env } = makeEnv(server.fetch)
  const source = await freshDb()
  await enrol(source)
  for (let i = 0; i < 3; i++) await add(source, { draft, context: CONTEXT, env })
  const [waiting, device] = [await source.getAll('outbox'), await source.get('meta', 'device')]
  const before = await openDB('from-before', 1, {
    upgrade(db) {
      db.createObjectStore('meta')
      const outbox = db.createObjectStore('outbox', { keyPath: ['device_id', 'seq'] })
      outbox.createIndex('event_id', 'event_id', { unique: true })
      outbox.createIndex('state', 'state')
      db.createObjectStore('days', { keyPath: 'day' })
      db.createObjectStore('progress', { keyPath: 'visit_id' })
    },
  })
  await before.put('meta', device, 'device')
  for (const entry of waiting) await before.put('outbox', entry)
  before.close()
  const now = await openDb('from-before')
  expect((await all(now)).map((entry) => entry.jws)).toEqual(waiting.map((entry) => entry.jws))
  expect(await drain(now, { env })).toMatchObject({ answered: 3, left: 0 })
  expect((await add(now, { draft, context: CONTEXT, env })).seq).toBe(4)
})

test('a phone that a server from a backup has forgotten comes back with its own key, and its chain goes on', async () => {
  const db = await freshDb()
  const { env } = makeEnv()
  const first = await enrolRequest(db, { secret: 'AAAA', platform: 'test' })
  const redeemed = { device_id: 'd1', caregiver: { id: 'c', name: '李明' }, provider: { id: 'p', name: '康乐' }, token: 't', anchor: 'a' }
  await adopt(db, { redeemed, env })
  const last = await add(db, { draft, context: CONTEXT, env })
  const again = await enrolRequest(db, { secret: 'BBBB', platform: 'test', again: true })
  expect(again).toMatchObject({ public_key: first.public_key, former_device_id: 'd1' })
  await adopt(db, { redeemed, env })
  expect((await add(db, { draft, context: CONTEXT, env })).event).toMatchObject({ seq: 2, prev: last.hash })
  const fresh = await enrolRequest(db, { secret: 'CCCC', platform: 'test' })
  expect(fresh.public_key).not.toEqual(first.public_key)
  expect(fresh.former_device_id).toBeUndefined()
})
