/** Subscribing: a time limit of our own, one key, one owner, and nothing left behind by what failed. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem } from '../../src/api/client'
import type { PushState, SubscriptionState } from '../../src/api/wire-reminders'
import { fromBase64url, toBase64url } from '../../src/outbox/bytes'
import { forgetAll, keep, kept, withPushDb } from '../../src/push/store'
import { type Browser, forgetPush, isHere, mend, mendHere, subscribe } from '../../src/push/subscribe'

const KEY = toBase64url(Uint8Array.from({ length: 65 }, (_, i) => i))
const OTHER = toBase64url(Uint8Array.from({ length: 65 }, (_, i) => 100 - i))
const ME = { audience: 'caregiver', owner: 'd1' } as const

let made = 0
class Subscription {
  endpoint = `https://push.example/${++made}`
  ended = false
  options: { applicationServerKey: ArrayBuffer }
  constructor(key: string) {
    this.options = { applicationServerKey: fromBase64url(key).buffer }
  }
  getKey = (name: string) => new Uint8Array(name === 'auth' ? 16 : 65).buffer
  unsubscribe = async () => (this.ended = true)
}

const state = (now: SubscriptionState | null, key = KEY): PushState => ({ key, hosts_allowed: [], subscription: now && { state: now, created_at: '', proven_at: null, accepted_at: null } })

function phone({ answer = 'granted' as NotificationPermission, server = state('working'), give = async (key: string) => new Subscription(key), put = async () => state('untested') }: {
  answer?: NotificationPermission
  server?: PushState
  give?: (key: string) => Promise<Subscription>
  put?: () => Promise<PushState>
} = {}) {
  const told: string[] = []
  const asked: string[] = []
  let held: Subscription | null = null
  const pushManager = {
    getSubscription: async () => (held?.ended ? null : held),
    subscribe: async ({ applicationServerKey: key }: { applicationServerKey: Uint8Array }) => (held = await give(toBase64url(key))),
  }
  const use: Browser = {
    permission: () => answer,
    ask: async () => answer,
    read: async (audience) => {
      asked.push(audience)
      return server
    },
    registration: async () => ({ pushManager }) as unknown as ServiceWorkerRegistration,
    put: async (audience, subscription) => {
      told.push(`${audience} ${subscription.endpoint}`)
      return put()
    },
    limitMs: 20,
  }
  return { use, told, asked, hold: (one: Subscription) => (held = one), held: () => held }
}

beforeEach(() => withPushDb(forgetAll))

describe('a tap', () => {
  test('subscribes, tells the server, and keeps who it is for', async () => {
    const { use, told, held } = phone()
    expect(await subscribe(ME, KEY, { use })).toEqual({ ok: true, state: state('untested') })
    expect(told).toEqual([`caregiver ${held()?.endpoint}`])
    expect(await isHere(ME, use)).toBe(true)
    expect(await isHere({ ...ME, owner: 'd2' }, use), 'the phone of somebody else now').toBe(false)
    expect(await isHere({ audience: 'dispatcher', owner: 'd1' }, use)).toBe(false)
  })

  test.each([
    ['denied', 'denied'],
    ['default', 'dismissed'],
  ] as const)('answered with %s', async (answer, why) => {
    const { use, told } = phone({ answer })
    expect(await subscribe(ME, KEY, { use })).toEqual({ ok: false, why })
    expect(told).toEqual([])
  })

  test('a push service that never answers is given up, and what it gives later is given back', async () => {
    let late = (_: Subscription) => {}
    const { use, told } = phone({ give: () => new Promise<Subscription>((done) => (late = done)) })
    expect(await subscribe(ME, KEY, { use })).toEqual({ ok: false, why: 'timeout' })
    const subscription = new Subscription(KEY)
    late(subscription)
    await vi.waitFor(() => expect(subscription.ended).toBe(true))
    expect(told).toEqual([])
  })

  test('a browser that cannot', async () => {
    const { use } = phone({ give: () => Promise.reject(new DOMException('Registration failed', 'AbortError')) })
    expect(await subscribe(ME, KEY, { use })).toMatchObject({ ok: false, why: 'failed' })
  })

  test('a push service that the server will not call is given back', async () => {
    const { use, held } = phone({ put: () => Promise.reject(new Problem('PUSH_SERVICE_NOT_ALLOWED', 422)) })
    expect(await subscribe(ME, KEY, { use })).toMatchObject({ ok: false, why: 'not_allowed' })
    expect(held()?.ended).toBe(true)
  })

  test('a server that is away: the subscription stays for the next try', async () => {
    const { use, held } = phone({ put: () => Promise.reject(new Problem('OFFLINE')) })
    expect(await subscribe(ME, KEY, { use })).toMatchObject({ ok: false, why: 'server' })
    expect(held()?.ended).toBe(false)
    expect(await isHere(ME, use)).toBe(false)
  })

  test('one for another key is given back first, one for this key is used again', async () => {
    const { use, hold, held } = phone()
    const old = new Subscription(OTHER)
    hold(old)
    await subscribe(ME, KEY, { use })
    expect(old.ended).toBe(true)
    const now = held()
    await subscribe(ME, KEY, { use })
    expect(held()).toBe(now)
    await subscribe(ME, KEY, { use, anew: true })
    expect(held()).not.toBe(now)
  })
})

describe('mending, without a question', () => {
  async function subscribed() {
    const all = phone()
    await subscribe(ME, KEY, { use: all.use })
    return all
  }
  test('nothing where all is well', async () => {
    const { use, told } = await subscribed()
    expect(await mend(ME, state('working'), use)).toEqual(state('working'))
    expect(told.length).toBe(1)
  })
  test('nothing where the person never said yes', async () => {
    const { use, told } = phone()
    await mend(ME, state(null), use)
    expect(told).toEqual([])
  })
  test('another address', async () => {
    const { use, told, hold } = await subscribed()
    hold(new Subscription(KEY))
    await mend(ME, state('working'), use)
    expect(told.length).toBe(2)
  })
  test('another key', async () => {
    const { use, held } = await subscribed()
    const before = held()
    await mend(ME, state('key_changed', OTHER), use)
    expect(before?.ended).toBe(true)
    expect(toBase64url(new Uint8Array(held()?.options.applicationServerKey ?? new ArrayBuffer(0)))).toBe(OTHER)
  })
  test('the push service has given the address up', async () => {
    const { use, held } = await subscribed()
    const before = held()
    await mend(ME, state('gone'), use)
    expect(before?.ended).toBe(true)
    expect(held()).not.toBe(before)
  })
  test('another person’s phone now: told anew for them', async () => {
    const { use, told } = await subscribed()
    await mend({ ...ME, owner: 'd2' }, state(null), use)
    expect(told.length).toBe(2)
    expect(await isHere({ ...ME, owner: 'd2' }, use)).toBe(true)
  })
})

describe('when the app opens', () => {
  async function subscribed() {
    const all = phone()
    await subscribe(ME, KEY, { use: all.use })
    return all
  }
  test('nobody is asked where all is well', async () => {
    const { use, told, asked } = await subscribed()
    await mendHere(ME, use)
    expect([told.length, asked]).toEqual([1, []])
  })
  test.each([
    ['whether or not the browser had said so', async () => {}],
    ['that the worker could not tell', () => withPushDb((db) => keep(db, 'told', 'd1 '))],
  ])('another address is told to the server, %s', async (_, before) => {
    const { use, told, asked, hold } = await subscribed()
    const other = hold(new Subscription(KEY))
    await before()
    await mendHere(ME, use)
    expect([told.at(-1), asked]).toEqual([`caregiver ${other.endpoint}`, ['caregiver']])
    expect(await isHere(ME, use)).toBe(true)
  })
  test.each([
    ['somebody else at this computer', { audience: 'dispatcher', owner: 'd2' }, 'dispatcher'],
    ['another area', { audience: 'family', owner: 'family' }, 'caregiver'],
    ['one whose name begins alike', { audience: 'caregiver', owner: 'd' }, 'caregiver'],
  ] as const)('%s, who never said yes, is not subscribed', async (_, who, audience) => {
    const { use, told, asked, hold } = await subscribed()
    await withPushDb((db) => keep(db, 'audience', audience))
    hold(new Subscription(KEY))
    await mendHere(who, use)
    expect([told.length, asked]).toEqual([1, []])
  })
})

test('whoever leaves the phone leaves nothing but the language', async () => {
  await withPushDb(async (db) => {
    await keep(db, 'lang', 'en')
    await keep(db, 'audience', 'caregiver')
    await forgetAll(db)
    expect(await kept(db, 'audience')).toBeUndefined()
    expect(await kept(db, 'lang')).toBe('en')
  })
})

test('whoever leaves takes what is their own, not what another area of the browser holds', async () => {
  vi.stubGlobal('navigator', {})
  await withPushDb((db) => keep(db, 'audience', 'caregiver'))
  await forgetPush('family')
  expect(await withPushDb((db) => kept(db, 'audience'))).toBe('caregiver')
  await forgetPush('caregiver')
  expect(await withPushDb((db) => kept(db, 'audience'))).toBeUndefined()
  vi.unstubAllGlobals()
})
