/** Subscribing this browser, with a time limit of our own: where the push service cannot be reached, browsers wait for ever. */
import { api, Problem } from '../api/client'
import type { PushState } from '../api/wire-reminders'
import { fromBase64url } from '../outbox/bytes'
import type { Audience } from './message'
import type { Failure } from './states'
import { forgetAll, keep, kept, withPushDb } from './store'
import { keyOf, keysOf, PATHS } from './tell'

export const LIMIT_MS = 20_000

/** What the browser gives; tests give their own. */
export interface Browser {
  permission(): NotificationPermission
  ask(): Promise<NotificationPermission>
  registration(): Promise<ServiceWorkerRegistration>
  read(audience: Audience): Promise<PushState>
  put(audience: Audience, subscription: PushSubscription): Promise<PushState>
  limitMs: number
}

export const browser: Browser = {
  permission: () => (typeof Notification === 'undefined' ? 'denied' : Notification.permission),
  ask: () => Notification.requestPermission(),
  registration: () => navigator.serviceWorker.ready,
  read: (audience) => api.get<PushState>(PATHS[audience]),
  put: (audience, subscription) => api.put<PushState>(PATHS[audience], keysOf(subscription)),
  limitMs: LIMIT_MS,
}

export type Outcome = { ok: true; state: PushState } | { ok: false; why: Failure | 'denied' | 'dismissed'; error?: unknown }

const LATE = Symbol('late')
async function within<T>(work: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<typeof LATE>((done) => (timer = setTimeout(() => done(LATE), ms)))
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const toldOf = (owner: string, { endpoint }: { endpoint: string }) => `${owner} ${endpoint}`

async function tell({ audience, owner }: Who, subscription: PushSubscription, use: Browser): Promise<PushState> {
  const state = await use.put(audience, subscription)
  await withPushDb(async (db) => {
    await keep(db, 'audience', audience)
    await keep(db, 'told', toldOf(owner, subscription))
  })
  return state
}

/** Made for the key that the server has now; one for another key, or that has died, is given back first. */
async function obtain(registration: ServiceWorkerRegistration, key: string, anew = false): Promise<PushSubscription> {
  const before = await registration.pushManager.getSubscription()
  if (before && !anew && keyOf(before) === key) return before
  await before?.unsubscribe()
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(key) })
}

export interface Who {
  audience: Audience
  /** The phone's or the account's id: a browser may change hands. */
  owner: string
}

/** One family member a browser: whoever leaves it gives the subscription back. */
export const FAMILY: Who = { audience: 'family', owner: 'family' }

/** Call it in the tap itself: browsers show their question only there. */
export async function subscribe(who: Who, key: string, { anew = false, use = browser }: { anew?: boolean; use?: Browser } = {}): Promise<Outcome> {
  const answer = await use.ask()
  if (answer !== 'granted') return { ok: false, why: answer === 'denied' ? 'denied' : 'dismissed' }
  const started = use.registration().then((registration) => obtain(registration, key, anew))
  let subscription: PushSubscription | typeof LATE
  try {
    subscription = await within(started, use.limitMs)
  } catch (error) {
    return { ok: false, why: use.permission() === 'denied' ? 'denied' : 'failed', error }
  }
  if (subscription === LATE) {
    // The person was told that it does not work: an address that comes after all would only confuse.
    void started.then((late) => late.unsubscribe()).catch(() => undefined)
    return { ok: false, why: 'timeout' }
  }
  try {
    return { ok: true, state: await tell(who, subscription, use) }
  } catch (error) {
    const notAllowed = error instanceof Problem && error.code === 'PUSH_SERVICE_NOT_ALLOWED'
    if (notAllowed) await subscription.unsubscribe().catch(() => undefined)
    return { ok: false, why: notAllowed ? 'not_allowed' : 'server', error }
  }
}

/** Whether this browser holds what the server was last told for this owner. */
export async function isHere({ audience, owner }: Who, use: Browser = browser): Promise<boolean> {
  const subscription = await (await use.registration()).pushManager?.getSubscription()
  if (!subscription) return false
  const [told, mine] = await withPushDb((db) => Promise.all([kept(db, 'told'), kept(db, 'audience')]))
  return mine === audience && told === toldOf(owner, subscription)
}

/**
 * Puts right what has changed while the app was away: another address, another key, another owner.
 * Only where the person once said yes here, and never with a question.
 */
export async function mend(who: Who, server: PushState, use: Browser = browser): Promise<PushState> {
  if (use.permission() !== 'granted' || !server.key) return server
  const mine = await withPushDb((db) => kept(db, 'audience'))
  if (mine !== who.audience) return server
  const registration = await use.registration()
  const before = await registration.pushManager.getSubscription()
  const fine = before && keyOf(before) === server.key && (await isHere(who, use))
  const known = server.subscription && server.subscription.state !== 'gone'
  if (fine && known) return server
  // The server was told of this very address and does not have it any more: the push service has given it up.
  const subscription = await within(obtain(registration, server.key, Boolean(fine)), use.limitMs)
  return subscription === LATE ? server : tell(who, subscription, use)
}

/**
 * When the app opens or is online again: an address that changed while the server could not hear of it reaches it now.
 * Asks nobody where all is well, and says nothing for a person who has not said yes on this device.
 */
export async function mendHere(who: Who, use: Browser = browser): Promise<void> {
  if (use.permission() !== 'granted') return
  const [told, mine] = await withPushDb((db) => Promise.all([kept(db, 'told'), kept(db, 'audience')]))
  if (mine !== who.audience || !told?.startsWith(toldOf(who.owner, { endpoint: '' })) || (await isHere(who, use))) return
  await mend(who, await use.read(who.audience), use)
}

async function giveBack(use: Browser): Promise<void> {
  const subscription = await (await use.registration()).pushManager?.getSubscription()
  await subscription?.unsubscribe().catch(() => false)
}

/** Both sides forget it. Without a network the push service does, and tells the server with its next "gone". */
export async function unsubscribe({ audience }: Pick<Who, 'audience'>, use: Browser = browser): Promise<void> {
  await giveBack(use)
  await withPushDb(async (db) => {
    await keep(db, 'audience', undefined)
    await keep(db, 'told', undefined)
  })
  await api.del(PATHS[audience])
}

/** When the person leaves this phone: nothing of theirs may pop up here again. Never longer than a moment. */
export async function forgetPush(audience: Audience, use: Browser = browser): Promise<void> {
  const mine = await withPushDb((db) => kept(db, 'audience'))
  // Somebody else's who uses this browser, too.
  if (mine && mine !== audience) return
  await withPushDb(forgetAll)
  if (!navigator.serviceWorker?.controller) return
  await within(
    giveBack(use).then(() => api.del(PATHS[audience], { timeoutMs: 5000 })),
    6000,
  )
}
