/** Push on this device for a screen: what it says, turning it on and off, and the test that must arrive. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { PushState } from '../api/wire-reminders'
import { type Failure, isProven, type Known, type Look, lookOf, type Stand } from './states'
import { browser, isHere, mend, subscribe, unsubscribe, type Who } from './subscribe'

const POLL_MS = 2_000
/** How long a test may take before the screen says that it did not arrive. */
const TEST_MS = 45_000

export interface PushControl {
  look: Look | null
  failed: unknown
  busy: boolean
  read(): Promise<void>
  turnOn(): Promise<void>
  turnOff(): Promise<void>
}

export function usePush(who: Who, stand: Stand): PushControl {
  const server = useSignal<PushState | null>(null)
  const here = useSignal(false)
  const step = useSignal<Known['step']>('rest')
  const failure = useSignal<Failure | null>(null)
  const failed = useSignal<unknown>(null)
  const busy = useSignal(false)
  const permission = useSignal(browser.permission())
  const alive = useRef(true)

  const take = async (state: PushState) => {
    server.value = state
    here.value = await isHere(who).catch(() => false)
  }
  const read = async () => {
    failed.value = null
    try {
      const state = await browser.read(who.audience)
      await take(stand === 'able' ? await mend(who, state).catch(() => state) : state)
    } catch (error) {
      failed.value = error
    }
  }

  /** Until the test has arrived, or long enough to say that it has not. */
  const watch = async () => {
    step.value = 'testing'
    const [before, end] = [server.value, Date.now() + TEST_MS]
    let wake = () => {}
    const heard = ({ data }: MessageEvent<{ type?: string } | null>) => data?.type === 'push' && wake()
    navigator.serviceWorker.addEventListener('message', heard)
    while (alive.current && step.value === 'testing' && Date.now() < end && !isProven(before, server.value)) {
      await new Promise<void>((done) => {
        wake = done
        setTimeout(done, POLL_MS)
      })
      server.value = await browser.read(who.audience).catch(() => server.value)
    }
    navigator.serviceWorker.removeEventListener('message', heard)
    if (step.value === 'testing') step.value = 'rest'
  }

  const turnOn = async () => {
    const key = server.value?.key
    if (!key) return
    const before = server.value?.subscription?.state
    failure.value = null
    step.value = 'asking'
    const outcome = await subscribe(who, key, { anew: before !== undefined && before !== 'untested' })
    permission.value = browser.permission()
    step.value = 'rest'
    if (!outcome.ok) {
      if (outcome.why !== 'denied' && outcome.why !== 'dismissed') failure.value = outcome.why
      return
    }
    await take(outcome.state)
    if (outcome.state.subscription?.state === 'untested') await watch()
  }

  const turnOff = async () => {
    busy.value = true
    failed.value = null
    try {
      await unsubscribe(who)
      server.value = server.value && { ...server.value, subscription: null }
      here.value = false
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }

  useEffect(() => {
    alive.current = true
    void read()
    // Back from the phone's settings: the answer may be another one now.
    const seen = () => (permission.value = browser.permission())
    document.addEventListener('visibilitychange', seen)
    return () => {
      alive.current = false
      document.removeEventListener('visibilitychange', seen)
    }
  }, [who.owner])

  const known = { stand, permission: permission.value, server: server.value, here: here.value, step: step.value, failure: failure.value }
  const look = server.value || stand !== 'able' ? lookOf(known) : null
  return { look, failed: failed.value, busy: busy.value, read, turnOn, turnOff }
}
