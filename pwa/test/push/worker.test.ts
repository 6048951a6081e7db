/** The service worker's part: what is shown, what a tap does, and what the server hears of it, now or later. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { localLock } from '../../src/outbox/env'
import { keep, kept, seenOf, withPushDb } from '../../src/push/store'

const NOW = Date.parse('2026-11-22T00:00:00Z')

class Popup {
  closed = false
  constructor(
    readonly title: string,
    readonly options: NotificationOptions & { actions?: { action: string }[]; renotify?: boolean },
  ) {}
  get data() {
    return this.options.data as { id: string; url: string } | null
  }
  close = () => {
    this.closed = true
  }
}

class Window {
  heard: unknown[] = []
  fronted = 0
  focused = false
  visibilityState = 'hidden'
  constructor(
    readonly url: string,
    readonly mayFront = true,
  ) {}
  postMessage = (message: unknown) => this.heard.push(message)
  focus = async () => {
    if (!this.mayFront) throw new DOMException('no activation', 'InvalidAccessError')
    this.fronted++
    return this
  }
}

interface Settings {
  windows?: Window[]
  answers?: (number | Error)[]
  mayOpen?: boolean
}

async function worker({ windows = [], answers = [], mayOpen = true }: Settings = {}) {
  const listeners: Record<string, (event: unknown) => void> = {}
  const shown: Popup[] = []
  const opened: string[] = []
  const heard: [string, string, unknown][] = []
  const syncs: string[] = []
  const subscribed: unknown[] = []
  const open = (filter?: { tag?: string }) => shown.filter((one) => !one.closed && (!filter?.tag || one.options.tag === filter.tag))
  vi.resetModules()
  vi.stubGlobal('self', {
    location: new URL('https://daojia.example/sw.js'),
    addEventListener: (name: string, listener: (event: unknown) => void) => (listeners[name] = listener),
    registration: {
      showNotification: async (title: string, options: NotificationOptions) => {
        for (const one of open({ tag: options.tag ?? '' })) one.close()
        shown.push(new Popup(title, options))
      },
      getNotifications: async (filter?: { tag?: string }) => open(filter),
      sync: { register: async (tag: string) => void syncs.push(tag) },
      pushManager: {
        subscribe: async (options: unknown) => {
          subscribed.push(options)
          return subscription('https://push.example/new')
        },
      },
    },
    clients: {
      matchAll: async () => windows,
      openWindow: async (url: string) => {
        if (!mayOpen) throw new DOMException('no activation', 'InvalidAccessError')
        opened.push(url)
        return {}
      },
    },
  })
  const fetch = (async (path: string, init?: RequestInit) => {
    const answer = answers.shift() ?? 204
    if (answer instanceof Error) throw answer
    heard.push([init?.method ?? 'GET', path, init?.body ? JSON.parse(String(init.body)) : undefined])
    return new Response(null, { status: answer })
  }) as typeof globalThis.fetch
  const path = '../../src/push/worker.ts'
  const { answerPushes, sendReports } = (await import(path)) as { answerPushes(env: unknown): void; sendReports(env: unknown): Promise<void> }
  const env = { fetch, lock: localLock, now: () => NOW }
  answerPushes(env)
  const fire = async (name: string, event: object) => {
    const waits: Promise<unknown>[] = []
    listeners[name]?.({ ...event, waitUntil: (work: Promise<unknown>) => waits.push(work) })
    await Promise.all(waits)
  }
  return {
    shown,
    opened,
    heard,
    syncs,
    subscribed,
    open,
    push: (message: unknown) => fire('push', { data: { text: () => (typeof message === 'string' ? message : JSON.stringify(message)) } }),
    tap: (popup: Popup, action = '') => fire('notificationclick', { notification: popup, action }),
    change: (event: object) => fire('pushsubscriptionchange', event),
    report: () => sendReports(env),
  }
}

const subscription = (endpoint: string) => ({ endpoint, getKey: () => new Uint8Array([1, 2]).buffer, options: { applicationServerKey: new Uint8Array([9]).buffer } })

let ids = 0
const message = (more: object = {}) => ({ v: 1, id: `m${++ids}`, kind: 'next_call', visit: 'v1', at: '08:30', day: '2026-11-22', topic: 't1', useless: '2026-11-22T00:40:00Z', ...more })

beforeEach(() =>
  withPushDb(async (db) => {
    await keep(db, 'lang', undefined)
    await keep(db, 'audience', undefined)
    await db.clear('seen')
  }),
)

describe('a reminder', () => {
  test('is shown with the time alone, and only then said to be shown', async () => {
    const window = new Window('https://daojia.example/door')
    const { push, shown, heard } = await worker({ windows: [window] })
    const sent = message()
    await push(sent)
    expect(shown.map(({ title, options }) => [title, options.tag, options.renotify, options.silent, options.requireInteraction])).toEqual([['08:30 有一次上门', 't1', true, false, true]])
    expect(shown[0]?.options.actions).toEqual([{ action: 'known', title: '知道了' }])
    expect(shown[0]?.data).toEqual({ id: sent.id, to: 'caregiver', url: '/door/visit/v1', useless: sent.useless })
    expect(heard).toEqual([['POST', '/api/v1/door/reminders/seen', { shown: [sent.id], acknowledged: [], by: 'service_worker' }]])
    expect(window.heard).toEqual([{ type: 'push', id: sent.id, kind: 'next_call' }])
  })

  test('in the language of the person', async () => {
    await withPushDb((db) => keep(db, 'lang', 'en'))
    const { push, shown } = await worker()
    await push(message())
    expect(shown[0]?.title).toBe('A visit at 08:30')
  })

  test('takes the place of the older one of the same topic', async () => {
    const { push, open } = await worker()
    await push(message({ kind: 'visit_changed' }))
    await push(message())
    expect(open().map((one) => one.title)).toEqual(['08:30 有一次上门'])
    await push(message({ topic: 't2', at: '10:00' }))
    expect(open().length).toBe(2)
  })

  test('that comes twice makes no second noise, and none at all when it was answered', async () => {
    const { push, shown, open, tap } = await worker()
    const sent = message()
    await push(sent)
    await push(sent)
    expect(shown.map(({ options }) => options.silent)).toEqual([false, true])
    await tap(open()[0] as Popup, 'known')
    await push(sent)
    expect(shown[2]?.options.silent).toBe(true)
    expect(open()).toEqual([])
  })

  test('that cannot be read is shown all the same: browsers punish silence', async () => {
    const { push, shown, heard } = await worker()
    for (const broken of ['', '{', { v: 2 }]) await push(broken)
    expect(shown.map((one) => one.title)).toEqual(['到家有新消息', '到家有新消息', '到家有新消息'])
    expect(heard).toEqual([])
  })

  test('is taken away when it is long over', async () => {
    const { push, open } = await worker()
    await push(message({ topic: 'old', useless: '2026-11-21T23:00:00Z' }))
    await push(message({ topic: 'just', useless: '2026-11-21T23:50:00Z' }))
    expect(open().map((one) => one.options.tag)).toEqual(['just'])
  })
})

test('a test that arrives is acknowledged by arriving', async () => {
  const { push, heard, shown } = await worker()
  const sent = message({ kind: 'test', visit: null, at: null, day: null })
  await push(sent)
  expect(heard[0]?.[2]).toEqual({ shown: [sent.id], acknowledged: [sent.id], by: 'service_worker' })
  expect(shown[0]?.options.actions).toEqual([])
  await withPushDb((db) => keep(db, 'audience', 'dispatcher'))
  const other = message({ kind: 'test', visit: null })
  await push(other)
  expect(heard[1]?.slice(0, 2)).toEqual(['POST', `/api/v1/reminders/${other.id}/acknowledge`])
})

describe('a tap', () => {
  test('opens the visit and acknowledges', async () => {
    const { push, tap, shown, opened, heard } = await worker()
    await push(message({ id: 'a' }))
    await tap(shown[0] as Popup)
    expect(shown[0]?.closed).toBe(true)
    expect(opened).toEqual(['/door/visit/v1'])
    expect(heard[1]?.[2]).toEqual({ shown: ['a'], acknowledged: ['a'], by: 'service_worker' })
  })

  test('on 知道了 acknowledges and opens nothing', async () => {
    const window = new Window('https://daojia.example/door')
    const { push, tap, shown, opened, heard } = await worker({ windows: [window] })
    await push(message({ id: 'b' }))
    await tap(shown[0] as Popup, 'known')
    expect([opened, window.fronted]).toEqual([[], 0])
    expect(heard[1]?.[2]).toMatchObject({ acknowledged: ['b'] })
    expect(window.heard.at(-1)).toEqual({ type: 'push', id: 'b', kind: 'known' })
  })

  test('brings the open window of the same area to the front, which goes there by itself', async () => {
    const [door, office] = [new Window('https://daojia.example/door/records'), new Window('https://daojia.example/dispatch')]
    const { push, tap, shown, opened } = await worker({ windows: [office, door] })
    await push(message())
    await tap(shown[0] as Popup)
    expect([opened, office.fronted, door.fronted]).toEqual([[], 0, 1])
    expect(door.heard).toContainEqual({ type: 'open', url: '/door/visit/v1' })
    await push(message({ kind: 'visit_late', topic: 't9' }))
    await tap(shown[1] as Popup)
    expect(office.heard).toContainEqual({ type: 'open', url: '/dispatch/visits/v1' })
  })

  test('a window that may not come to the front: a new one, and if that may not be either, it goes there where it is', async () => {
    const stuck = new Window('https://daojia.example/door', false)
    const first = await worker({ windows: [stuck] })
    await first.push(message())
    await first.tap(first.shown[0] as Popup)
    expect(first.opened).toEqual(['/door/visit/v1'])
    const second = await worker({ windows: [stuck], mayOpen: false })
    await second.push(message())
    await second.tap(second.shown[0] as Popup)
    expect(stuck.heard).toContainEqual({ type: 'open', url: '/door/visit/v1' })
  })

  test('without a network is kept, and said later', async () => {
    const { push, tap, shown, heard, syncs, report } = await worker({ answers: [new TypeError(), new TypeError(), new TypeError()] })
    await push(message({ id: 'late' }))
    await tap(shown[0] as Popup, 'known')
    expect(heard).toEqual([])
    expect(syncs).toEqual(['reminders', 'reminders'])
    expect(await withPushDb((db) => seenOf(db, 'late'))).toMatchObject({ acknowledged: true, sent: false })
    await expect(report()).rejects.toThrow('reports wait')
    await report()
    expect(heard).toEqual([['POST', '/api/v1/door/reminders/seen', { shown: ['late'], acknowledged: ['late'], by: 'service_worker' }]])
  })
})

describe('another address of the push service', () => {
  test('is told to the server, for whom this browser subscribed', async () => {
    await withPushDb((db) => keep(db, 'audience', 'caregiver'))
    const { change, heard, subscribed } = await worker()
    await change({ newSubscription: subscription('https://push.example/given'), oldSubscription: null })
    await change({ newSubscription: null, oldSubscription: subscription('https://push.example/old') })
    expect(heard.map(([method, path, body]) => [method, path, (body as { endpoint: string }).endpoint])).toEqual([
      ['PUT', '/api/v1/door/push', 'https://push.example/given'],
      ['PUT', '/api/v1/door/push', 'https://push.example/new'],
    ])
    expect(subscribed.length).toBe(1)
  })

  test('that the server could not hear of is not what it was told, and whose it is stays known', async () => {
    await withPushDb((db) => keep(db, 'audience', 'caregiver'))
    await withPushDb((db) => keep(db, 'told', 'd1 https://push.example/old'))
    const { change } = await worker()
    await change({ newSubscription: subscription('https://push.example/given'), oldSubscription: null })
    expect(await withPushDb((db) => kept(db, 'told'))).toBe('d1 ')
  })

  test('is nobody’s concern where nobody said yes', async () => {
    const { change, heard } = await worker()
    await change({ newSubscription: subscription('https://push.example/given') })
    expect(heard).toEqual([])
  })
})
