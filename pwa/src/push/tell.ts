/** A browser's subscription, told to the server. The page and the service worker both do it. */
import type { PushState } from '../api/wire-reminders'
import { toBase64url } from '../outbox/bytes'
import type { Audience } from './message'

export const PATHS: Record<Audience, string> = { caregiver: '/api/v1/door/push', dispatcher: '/api/v1/push', family: '/api/v1/family/push' }

export interface Keys {
  endpoint: string
  p256dh: string
  auth: string
}

const part = (subscription: PushSubscription, name: PushEncryptionKeyName) => toBase64url(new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer(0)))
export const keysOf = (subscription: PushSubscription): Keys => ({ endpoint: subscription.endpoint, p256dh: part(subscription, 'p256dh'), auth: part(subscription, 'auth') })

/** The key that a subscription was made for, as the server writes it. */
export function keyOf(subscription: PushSubscription): string | null {
  const key = subscription.options?.applicationServerKey
  return key ? toBase64url(new Uint8Array(key)) : null
}

export const isOn = (state: PushState | null): boolean => Boolean(state?.subscription && state.subscription.state !== 'gone')
