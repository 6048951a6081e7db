/** What is due for this caregiver: read from the server, live while the app is open, acknowledged by a tap or by opening the visit. */
import { effect, signal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import { openLive } from '../api/live'
import type { ReminderItem } from '../api/wire-reminders'
import { lang } from '../i18n'
import { device } from '../outbox'
import { closeShown, sayRest, stillOpen, take } from '../push/seen'
import { keep, withPushDb } from '../push/store'
import { mendHere } from '../push/subscribe'
import { match, path } from '../router'
import { readDecided } from './asked'
import { loadDay } from './state'

const EVERY_MS = 60_000
const GATHER_MS = 300

export const due = signal<readonly ReminderItem[]>([])

function badge(): void {
  const app = navigator as Navigator & { setAppBadge?(n: number): Promise<void>; clearAppBadge?(): Promise<void> }
  void (due.value.length ? app.setAppBadge?.(due.value.length) : app.clearAppBadge?.())?.catch(() => undefined)
}

export async function acknowledge(ids: readonly string[]): Promise<void> {
  if (!ids.length) return
  due.value = due.value.filter((item) => !ids.includes(item.id))
  void closeShown(ids).catch(() => undefined)
  await take('caregiver', 'acknowledged', ids)
}

export const noteShown = (ids: readonly string[]): Promise<void> => take('caregiver', 'shown', ids)

let gone = false
export async function readDue(): Promise<void> {
  try {
    const { items } = await api.get<{ items: ReminderItem[] }>('/api/v1/door/reminders')
    gone = false
    due.value = (await stillOpen(items)).sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))
  } catch (error) {
    // Without a network the list stays as it is; a phone that is nobody's any more has none.
    if (asProblem(error).status === 401) {
      gone = true
      due.value = []
      close?.()
      close = undefined
    }
  }
}

let close: (() => void) | undefined
let live = false

function listen(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let day = false
  const soon = (visits: boolean) => {
    day ||= visits
    timer ??= setTimeout(() => {
      timer = undefined
      void readDue()
      if (day) void Promise.all([loadDay(), readDecided()])
      day = false
    }, GATHER_MS)
  }
  close ??= openLive(
    {
      onChange: ({ kind }) => soon(kind.startsWith('visit.')),
      onOpen: () => {
        live = true
        soon(false)
      },
      onLost: () => (live = false),
    },
    '/api/v1/door/live',
  )
}

async function again(): Promise<void> {
  const id = device.value?.device_id
  if (id) void mendHere({ audience: 'caregiver', owner: id }).catch(() => undefined)
  await sayRest()
  await Promise.all([readDue(), readDecided()])
  if (!gone && device.value?.confirmed) listen()
}

let started = false
export function startDue(): void {
  if (started) return
  started = true
  let whose: string | undefined
  effect(() => {
    const now = device.value?.confirmed ? device.value.device_id : undefined
    if (now === whose) return
    whose = now
    close?.()
    close = undefined
    due.value = []
    if (now) void again()
  })
  // A page in a pocket is read by nobody.
  const looked = signal(document.visibilityState === 'visible')
  effect(() => {
    const id = looked.value && match('/door/visit/:id', path.value)?.id
    const ids = due.value.filter((item) => id && item.visit_id === id).map((item) => item.id)
    if (ids.length) void acknowledge(ids)
  })
  effect(badge)
  // The service worker cannot see which language the person reads.
  effect(() => {
    const now = lang.value
    void withPushDb((db) => keep(db, 'lang', now)).catch(() => undefined)
  })
  document.addEventListener('visibilitychange', () => (looked.value = document.visibilityState === 'visible'))
  const wake = () => document.visibilityState === 'visible' && device.value?.confirmed && void again()
  document.addEventListener('visibilitychange', wake)
  addEventListener('online', wake)
  setInterval(() => {
    if (!live) wake()
  }, EVERY_MS)
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ type?: string } | null>) => {
    if (data?.type === 'push') void readDue()
  })
}
