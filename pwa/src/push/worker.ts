/** The service worker's part of reminders: shows what is pushed, takes the answer, and keeps it until the server has heard it. */
import type { PushMessage } from '../api/wire-reminders'
import { audienceOf, type Audience, isUrgent, knownWord, pageOf, readMessage, textOf } from './message'
import { report, type ReportEnv } from './report'
import { keep, kept, note, type PushDb, seenOf, withPushDb } from './store'
import { keysOf, PATHS } from './tell'

declare const self: ServiceWorkerGlobalScope

export const SYNC_TAG = 'reminders'
/** A phone's clock is a claim: what is over is taken away only when it is long over. */
const LONG_OVER_MS = 30 * 60_000

/** What a notification carries, so that a click knows what it is about. */
export interface Carried {
  id: string
  to: Audience
  url: string
  useless: string
}
type Shown = Notification & { data: Carried | null }

const listed = async (filter?: GetNotificationOptions) => (await self.registration.getNotifications(filter)) as Shown[]

async function say(env: ReportEnv): Promise<void> {
  const left = await withPushDb((db) => report(db, env)).catch(() => 1)
  // Where there is Background Sync the browser calls again when there is a network.
  const sync = (self.registration as { sync?: { register(tag: string): Promise<void> } }).sync
  if (left) await sync?.register(SYNC_TAG).catch(() => undefined)
}

async function tellPages(message: unknown): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) page.postMessage(message)
}

async function clearOver(now: number): Promise<void> {
  for (const one of await listed()) {
    const end = Date.parse(one.data?.useless ?? '')
    if (now - end > LONG_OVER_MS) one.close()
  }
}

/** Without storage a reminder is shown all the same; only what was seen cannot be kept. */
const inStore = <T>(work: (db: PushDb) => Promise<T>): Promise<T | undefined> => withPushDb(work).catch(() => undefined)

const HOME: Record<Audience, string> = { caregiver: '/door', dispatcher: '/dispatch', family: '/family' }

async function show(message: PushMessage | null): Promise<{ to: Audience } | null> {
  const [lang = 'zh', mine = 'caregiver'] = (await inStore((db) => Promise.all([kept(db, 'lang'), kept(db, 'audience')]))) ?? []
  const { title, body } = textOf(message, lang)
  const look = { body, lang: lang === 'zh' ? 'zh-CN' : 'en', icon: '/icons/icon-192.png', badge: '/icons/badge-96.png' }
  // A browser takes the permission away from an app that shows nothing: also what cannot be read is shown.
  if (!message) {
    await self.registration.showNotification(title, { ...look, tag: 'unread', data: { id: '', to: mine, url: HOME[mine], useless: '' } })
    return null
  }
  const to = audienceOf(message.kind) ?? mine
  const data: Carried = { id: message.id, to, url: pageOf(message, to), useless: message.useless }
  const known = await inStore((db) => seenOf(db, message.id))
  // The same message twice (a lost answer between server and push service) makes no second noise.
  const again = known !== undefined || (await listed({ tag: message.topic })).some((one) => one.data?.id === message.id)
  const options = {
    ...look,
    data,
    tag: message.topic,
    renotify: !again,
    silent: again,
    requireInteraction: isUrgent(message.kind),
    actions: message.kind === 'test' ? [] : [{ action: 'known', title: knownWord(lang) }],
  }
  await self.registration.showNotification(title, options)
  if (known?.acknowledged) for (const one of await listed({ tag: message.topic })) one.close()
  return { to }
}

async function onPush(text: string | undefined, env: ReportEnv): Promise<void> {
  const message = readMessage(text)
  const shown = await show(message)
  if (!message || !shown) return
  // That a test arrives is what it was sent for; anything else wants a person.
  const acknowledged = message.kind === 'test'
  await inStore((db) => note(db, { id: message.id, to: shown.to, by: 'service_worker', shown: true, acknowledged, now: env.now() }))
  await tellPages({ type: 'push', id: message.id, kind: message.kind })
  await say(env)
  await clearOver(env.now())
}

const areaOf = (url: string) => new URL(url, self.location.origin).pathname.split('/')[1] ?? ''

/** An open window of the same area comes to the front and goes there by itself; else a new one opens. */
async function open(url: string): Promise<void> {
  const windows = (await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) as WindowClient[]
  const mine = windows.filter((one) => areaOf(one.url) === areaOf(url))
  const best = mine.find((one) => one.focused) ?? mine.find((one) => one.visibilityState === 'visible') ?? mine[0]
  if (!best) {
    await self.clients.openWindow(url)
    return
  }
  // One that may not be brought to the front, and no new one either: it goes there where it is.
  const front = await best.focus().catch(() => null)
  const opened = front ?? (await self.clients.openWindow(url).catch(() => null))
  if (front || !opened) (front ?? best).postMessage({ type: 'open', url })
}

async function onClick(shown: Shown, action: string, env: ReportEnv): Promise<void> {
  shown.close()
  const { data } = shown
  // The window first: the browser allows it only for a moment after the tap.
  const opened = action === 'known' ? undefined : open(data?.url ?? '/')
  if (data?.id) {
    await inStore((db) => note(db, { id: data.id, to: data.to, by: 'service_worker', acknowledged: true, now: env.now() }))
    await tellPages({ type: 'push', id: data.id, kind: 'known' })
    await say(env)
  }
  await opened
}

interface Change extends ExtendableEvent {
  oldSubscription?: PushSubscription | null
  newSubscription?: PushSubscription | null
}

/** The browser's push service gave out another address: the server must hear of it, now or when the app opens. */
async function onChange(event: Change, env: ReportEnv): Promise<void> {
  const audience = await inStore(async (db) => {
    // Whose it is stays known; the address is not what the server was told.
    const told = await kept(db, 'told')
    if (told) await keep(db, 'told', told.replace(/ .*$/, ' '))
    return kept(db, 'audience')
  })
  if (!audience) return
  const key = event.oldSubscription?.options.applicationServerKey
  const fresh = event.newSubscription ?? (key ? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }) : null)
  if (!fresh) return
  const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(keysOf(fresh)), credentials: 'same-origin' } as const
  await env.fetch(PATHS[audience], init)
}

/** Background Sync: what waits goes out although no page is open. Failing tells the browser to call again later. */
export async function sendReports(env: ReportEnv): Promise<void> {
  if (await withPushDb((db) => report(db, env))) throw new Error('reports wait')
}

/** Hooks everything up; called once, while the worker starts. */
export function answerPushes(env: ReportEnv): void {
  self.addEventListener('push', (event) => event.waitUntil(onPush(event.data?.text(), env)))
  self.addEventListener('notificationclick', (event) => event.waitUntil(onClick(event.notification as Shown, event.action, env)))
  self.addEventListener('pushsubscriptionchange', (event) => (event as Change).waitUntil(onChange(event as Change, env).catch(() => undefined)))
}
