/** What the screens say of push on this device, decided from what is known. Pure. */
import type { PushState } from '../api/wire-reminders'

/** Where the app runs, as far as push is concerned. */
export type Stand = 'wechat' | 'ios_tab' | 'unsupported' | 'able'
export type Failure = 'timeout' | 'failed' | 'not_allowed' | 'server'

export interface Known {
  stand: Stand
  permission: NotificationPermission
  /** null: not read yet. */
  server: PushState | null
  /** This browser holds the subscription that the server knows. */
  here: boolean
  step: 'rest' | 'asking' | 'testing'
  failure: Failure | null
}

export type Look =
  | { is: 'wechat' | 'ios_tab' | 'unsupported' | 'not_offered' | 'denied' | 'off' | 'asking' | 'testing' | 'silent' | 'disabled' }
  | { is: 'working'; since: string | null }
  | { is: 'resting'; since: string | null }
  | { is: 'failure'; why: Failure }

export function lookOf({ stand, permission, server, here, step, failure }: Known): Look {
  if (stand !== 'able') return { is: stand }
  if (step === 'asking') return { is: 'asking' }
  if (permission === 'denied') return { is: 'denied' }
  if (failure) return { is: 'failure', why: failure }
  if (server && server.key === null) return { is: 'not_offered' }
  const { subscription = null } = server ?? {}
  if (permission !== 'granted' || !here || !subscription || subscription.state === 'gone') return { is: 'off' }
  if (step === 'testing') return { is: 'testing' }
  const { state, proven_at: since } = subscription
  if (state === 'untested') return { is: 'silent' }
  return state === 'disabled' || state === 'key_changed' ? { is: 'disabled' } : { is: state === 'resting' ? 'resting' : 'working', since }
}

export function standOf({ agent, standalone, supported }: { agent: string; standalone: boolean; supported: boolean }): Stand {
  if (/MicroMessenger/i.test(agent)) return 'wechat'
  // An iPhone has push only for what was put on its home screen.
  if (/iPhone|iPad|iPod/.test(agent) && !standalone) return 'ios_tab'
  return supported ? 'able' : 'unsupported'
}

/** A test has arrived since the server said `before`. */
export function isProven(before: PushState | null, now: PushState | null): boolean {
  const [then, since] = [before?.subscription, now?.subscription]
  return since?.state === 'working' && since.proven_at !== null && (then?.state !== 'working' || then.proven_at !== since.proven_at)
}

/** Only people whose records already count are asked, and not again for a month after "later". */
const ASK_AGAIN_MS = 30 * 24 * 3600_000
export function shouldAsk({ stand, permission, counted, later, now, on }: {
  stand: Stand
  permission: NotificationPermission
  counted: boolean
  later: number | undefined
  now: number
  on: boolean
}): boolean {
  if (!counted || on || (stand !== 'able' && stand !== 'ios_tab') || permission === 'denied') return false
  return later === undefined || now - later > ASK_AGAIN_MS
}
