/** Subscribing: a time limit of our own, one key, one owner, and nothing left behind by what failed. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem } from '../../src/api/client'
import type { PushState, SubscriptionState } from '../../src/api/wire-reminders'
import { fromBase64url, toBase64url } from '../../src/outbox/bytes'
import { forgetAll, keep, kept, withPushDb } from '../../src/push/store'
import { type Browser, forgetPush, isHere, mend, subscribe } from '../../src/push/subscribe'

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

function phone({ answer = 'granted' as NotificationPermission, give = async (key: string) => new Subscription(key), put = async () => state('untested') }: {
  answer?: NotificationPermission
  give?: (key: string) => Promise<Subscription>
  put?: () => Promise<PushState>
} = {}) {
  const told: string[] = []
  let held: Subscription | null = null
  const pushManager = {
    getSubscription: async () => (held?.ended ? null : held),
    subscribe: async ({ applicationServerKey: key }: { applicationServerKey: Uint8Array }) => (held = await give(toBase64url(key))),
  }
  const use: Browser = {
    permission: () => answer,
    ask: async () => answer,
    registration: async () => ({ pushManager }) as unknown as ServiceWorkerRegistration,
    put: async (audience, subscription) => {
      told.push(`${audience} ${subscription.endpoint}`)
      return put()
    },
    limitMs: 20,
  }
  return { use, told, hold: (one: Subscription) => (held = one), held: () => held }
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
