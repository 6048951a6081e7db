/** The service worker after an update: what it hands out is its own. */
import { expect, test, vi } from 'vitest'
import { openDb } from '../src/outbox/db'
import { localLock } from '../src/outbox/env'
import { add, all } from '../src/outbox/queue'
import { CONTEXT, enrol, fakeServer, makeEnv } from './support'

/** Caches as a browser keeps them: in the order in which they were made, and a search over all takes the first. */
function cacheStorage(kept: Record<string, Record<string, string>>) {
  const find = (files: Record<string, string> | undefined, wanted: Request | string) => {
    const path = typeof wanted === 'string' ? wanted : new URL(wanted.url).pathname
    return Promise.resolve(files?.[path] === undefined ? undefined : new Response(files[path]))
  }
  return {
    open: (name: string) => Promise.resolve({ match: (wanted: Request | string) => find(kept[name], wanted) }),
    match: async (wanted: Request | string) => {
      for (const files of Object.values(kept)) {
        const found = await find(files, wanted)
        if (found) return found
      }
    },
  }
}

async function worker(kept: Record<string, Record<string, string>>, more: Record<string, unknown> = {}) {
  const listeners: Record<string, (event: unknown) => void> = {}
  vi.resetModules()
  vi.stubGlobal('__BUILD__', 'new')
  vi.stubGlobal('__SHELL__', ['/', '/manifest.webmanifest'])
  vi.stubGlobal('__LATE__', [])
  vi.stubGlobal('caches', cacheStorage(kept))
  vi.stubGlobal('self', {
    location: new URL('https://daojia.example/sw.js'),
    addEventListener: (name: string, listener: (event: unknown) => void) => (listeners[name] = listener),
    ...more,
  })
  const path = '../src/sw.ts'
  await import(path)
  const ask = async (url: string, mode: string): Promise<string | undefined> => {
    let answer: Promise<Response> | undefined
    const request = Object.defineProperty(new Request(`https://daojia.example${url}`), 'mode', { value: mode })
    listeners.fetch?.({ request, respondWith: (given: Promise<Response>) => (answer = given) })
    return (await answer)?.text()
  }
  /** Fires an event and waits for all that it is to wait for. */
  const fire = async (name: string, event: Record<string, unknown>) => {
    const waits: Promise<unknown>[] = []
    listeners[name]?.({ ...event, waitUntil: (work: Promise<unknown>) => waits.push(work) })
    await Promise.all(waits)
  }
  return { ask, fire }
}

test('an accepted update is what opens next, although the version before is still kept', async () => {
  const { ask } = await worker({
    'doorstep-old': { '/': 'old page', '/manifest.webmanifest': 'old', '/assets/door-1.js': 'old code' },
    'doorstep-new': { '/': 'new page', '/manifest.webmanifest': 'new' },
  })
  expect(await ask('/door', 'navigate')).toBe('new page')
  expect(await ask('/manifest.webmanifest', 'cors')).toBe('new')
  expect(await ask('/assets/door-1.js', 'cors'), 'for a tab that still runs the version before').toBe('old code')
  expect(await ask('/api/v1/health', 'cors')).toBeUndefined()
})

test('a new version waits until no record is on its way', async () => {
  const order: string[] = []
  let arrived = () => {}
  const sending = localLock('outbox-send', async () => {
    await new Promise<void>((done) => (arrived = done))
    order.push('sent')
  })
  vi.stubGlobal('navigator', { locks: { request: localLock } })
  const { fire } = await worker({}, { skipWaiting: async () => order.push('new version') })
  const taken = fire('message', { data: { type: 'activate' } })
  arrived()
  await Promise.all([sending, taken])
  expect(order).toEqual(['sent', 'new version'])
  vi.unstubAllGlobals()
})

test('Background Sync sends with the same code, tells the pages, and asks to be called again when something is left', async () => {
  const told: unknown[] = []
  const clients = { matchAll: async () => [{ postMessage: (message: unknown) => told.push(message) }] }
  const server = await fakeServer({
    after: (turn) => {
      if (turn === 1) throw new TypeError('connection lost')
    },
  })
  const db = await openDb('doorstep')
  await enrol(db)
  const { env } = makeEnv()
  await add(db, { draft: { kind: 'check_in', visit_id: 'v1', elder_ids: ['e1'] }, context: CONTEXT, env })
  vi.stubGlobal('fetch', server.fetch)
  vi.stubGlobal('navigator', {})
  const { fire } = await worker({}, { clients })
  await expect(fire('sync', { tag: 'outbox' })).rejects.toThrow('OFFLINE')
  expect((await all(db)).map((entry) => entry.state)).toEqual(['waiting'])
  await fire('sync', { tag: 'outbox' })
  expect((await all(db)).map((entry) => entry.state)).toEqual(['answered'])
  expect(server.stored.size).toBe(1)
  expect(told).toEqual([{ type: 'outbox' }, { type: 'outbox' }])
  vi.unstubAllGlobals()
})
