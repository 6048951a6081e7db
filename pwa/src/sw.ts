/** The service worker: keeps the app's own files, and nothing else, so that it opens without a network; shows reminders. */
import { openDb } from './outbox/db'
import { browser } from './outbox/env'
import { drain } from './outbox/send'
import { answerPushes, sendReports, SYNC_TAG } from './push/worker'

declare const self: ServiceWorkerGlobalScope

const PREFIX = 'doorstep-'
const CACHE = PREFIX + __BUILD__
/** Pages of the app. Everything else (the API, the public page of a printed code) goes to the server untouched. */
const APP_PAGE = /^\/($|index\.html$|(door|dispatch|office|family|E|F)(\/|$))/i

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      // Names under /assets/ carry a hash: what the page has just fetched is good enough.
      cache.addAll(__SHELL__.map((url) => new Request(url, { cache: url.startsWith('/assets/') ? 'default' : 'no-cache' }))),
    ),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      // The version before stays, because another tab may still be running it.
      const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
      await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)))
      await self.clients.claim()
    })(),
  )
})

async function fetchLate(): Promise<void> {
  const cache = await caches.open(CACHE)
  for (const url of __LATE__) {
    if (!(await cache.match(url))) await cache.add(url).catch(() => undefined)
  }
}

self.addEventListener('message', (event) => {
  const { type } = (event.data ?? {}) as { type?: string }
  if (type === 'late') event.waitUntil(fetchLate())
  // The lock is held while records are being sent: the new version waits for its end.
  if (type === 'activate') event.waitUntil(navigator.locks ? navigator.locks.request('outbox-send', () => self.skipWaiting()) : self.skipWaiting())
})

/** Background Sync, where there is one: the outbox goes out although no page is open. */
async function sendOutbox(): Promise<void> {
  const db = await openDb()
  try {
    const { left, problem, needsEnrolment } = await drain(db, { env: browser })
    for (const client of await self.clients.matchAll({ type: 'window' })) client.postMessage({ type: 'outbox' })
    // Failing tells the browser to call again later.
    if (left && problem && !needsEnrolment) throw new Error(problem)
  } finally {
    db.close()
  }
}

self.addEventListener('sync' as 'message', (event) => {
  const sync = event as unknown as ExtendableEvent & { tag: string }
  if (sync.tag === 'outbox') sync.waitUntil(sendOutbox())
  if (sync.tag === SYNC_TAG) sync.waitUntil(sendReports(browser))
})

answerPushes(browser)

/** This version's own file before that of the version before, whose cache is the older one and would win every time. */
async function keptOf(wanted: Request | string): Promise<Response | undefined> {
  const own = await (await caches.open(CACHE)).match(wanted, { ignoreVary: true })
  return own ?? caches.match(wanted, { ignoreVary: true })
}

async function shell(request: Request): Promise<Response> {
  return (await keptOf('/')) ?? fetch(request)
}

async function asset(request: Request): Promise<Response> {
  const kept = await keptOf(request)
  if (kept) return kept
  const fresh = await fetch(request)
  if (fresh.ok && fresh.type === 'basic' && new URL(request.url).pathname.startsWith('/assets/')) {
    const copy = fresh.clone()
    await (await caches.open(CACHE)).put(request, copy)
  }
  return fresh
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  const url = new URL(request.url)
  if (url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (APP_PAGE.test(url.pathname)) event.respondWith(shell(request))
    return
  }
  if (url.pathname.startsWith('/assets/') || __SHELL__.includes(url.pathname) || __LATE__.includes(url.pathname)) {
    event.respondWith(asset(request))
  }
})
