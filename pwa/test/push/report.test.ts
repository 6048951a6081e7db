/** What was seen is kept until the server has heard it: without a network, after refusals, from two sides at once. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test } from 'vitest'
import { localLock } from '../../src/outbox/env'
import { report } from '../../src/push/report'
import { note, openPushDb, type PushDb, seenOf, waiting } from '../../src/push/store'

let names = 0
let db: PushDb
beforeEach(async () => {
  db = await openPushDb(`push-${++names}`)
})

const NOW = 1e12
const DAY = 86_400_000
function server(...answers: (number | Error)[]) {
  const heard: [string, unknown][] = []
  const fetch = (async (path: string, init?: RequestInit) => {
    const answer = answers.shift() ?? 204
    if (answer instanceof Error) throw answer
    heard.push([path, init?.body ? JSON.parse(String(init.body)) : undefined])
    return new Response(null, { status: answer })
  }) as typeof globalThis.fetch
  return { heard, env: { fetch, lock: localLock, now: () => NOW } }
}
const see = (id: string, more: object = {}) => note(db, { id, to: 'caregiver', by: 'service_worker', now: NOW, ...more })

describe('the phone', () => {
  test('says what was shown and what was acknowledged, and by whom', async () => {
    await see('a', { shown: true })
    await see('b', { acknowledged: true })
    await see('c', { acknowledged: true, by: 'app' })
    const { heard, env } = server()
    expect(await report(db, env)).toBe(0)
    expect(heard).toEqual([
      ['/api/v1/door/reminders/seen', { shown: ['a', 'b'], acknowledged: ['b'], by: 'service_worker' }],
      ['/api/v1/door/reminders/seen', { shown: ['c'], acknowledged: ['c'], by: 'app' }],
    ])
    expect(await report(db, env), 'nothing twice').toBe(0)
    expect(heard.length).toBe(2)
  })

  test('keeps it without a network, and when the server is away or knows nobody', async () => {
    await see('a', { acknowledged: true })
    for (const answer of [new TypeError('no network'), 503, 429, 401]) expect(await report(db, server(answer).env)).toBe(1)
    expect(await report(db, server().env)).toBe(0)
  })

  test('lets go of what the server will never take', async () => {
    await see('a', { acknowledged: true })
    expect(await report(db, server(422).env)).toBe(0)
  })

  test('an acknowledgement after "shown" was sent goes out too, by who gave it', async () => {
    await see('a', { shown: true })
    const { heard, env } = server()
    await report(db, env)
    expect(await see('a', { acknowledged: true, by: 'app' })).toBe(true)
    await report(db, env)
    expect(heard[1]).toEqual(['/api/v1/door/reminders/seen', { shown: ['a'], acknowledged: ['a'], by: 'app' }])
  })

  test('what is added while it is being said is said again', async () => {
    await see('a', { shown: true })
    const { heard, env } = server()
    const slow = (async (...given: Parameters<typeof fetch>) => {
      await see('a', { acknowledged: true })
      return env.fetch(...given)
    }) as typeof fetch
    expect(await report(db, { ...env, fetch: slow })).toBe(1)
    await report(db, env)
    expect(heard[1]?.[1]).toMatchObject({ acknowledged: ['a'] })
  })

  test('in hundreds', async () => {
    for (let i = 0; i < 150; i++) await see(`r${i}`, { shown: true })
    const { heard, env } = server()
    expect(await report(db, env)).toBe(0)
    expect(heard.map(([, body]) => (body as { shown: string[] }).shown.length)).toEqual([100, 50])
  })
})

test('a family says it to its own door', async () => {
  await note(db, { id: 'a', to: 'family', by: 'service_worker', shown: true, now: NOW })
  const { heard, env } = server()
  expect(await report(db, env)).toBe(0)
  expect(heard).toEqual([['/api/v1/family/reminders/seen', { shown: ['a'], acknowledged: [], by: 'service_worker' }]])
})

test('the desk says each that was acknowledged; that it was shown is only kept', async () => {
  await note(db, { id: 'a', to: 'dispatcher', by: 'service_worker', shown: true, now: NOW })
  await note(db, { id: 'b', to: 'dispatcher', by: 'service_worker', acknowledged: true, now: NOW })
  const { heard, env } = server()
  expect(await report(db, env)).toBe(0)
  expect(heard).toEqual([['/api/v1/reminders/b/acknowledge', undefined]])
})

test('what was known stays known, and is forgotten after three days', async () => {
  await see('a', { acknowledged: true })
  expect(await see('a', { shown: true }), 'no news').toBe(false)
  expect(await seenOf(db, 'a')).toMatchObject({ shown: true, acknowledged: true })
  await note(db, { id: 'old', to: 'caregiver', by: 'app', acknowledged: true, now: NOW - 4 * DAY })
  await report(db, server(new TypeError()).env)
  expect((await waiting(db)).map((one) => one.id)).toEqual(['a'])
})
