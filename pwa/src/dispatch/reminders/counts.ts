/** How much waits for somebody at the desk: read every minute, at once when the stream tells of something, and by whoever reads the lists. */
import { effect, signal } from '@preact/signals'
import { api } from '../../api/client'
import { hearAll } from '../../api/live'
import { me } from '../../api/session'
import type { CallItem, DeskItem } from '../../api/wire-reminders'
import { mayDispatch } from '../../office/access'

const EVERY_MS = 60_000
const GATHER_MS = 1_500

export const calls = signal<readonly CallItem[] | null>(null)
export const desk = signal<readonly DeskItem[] | null>(null)
export const failed = signal<unknown>(null)

let reading: Promise<void> | null = null
async function both(): Promise<void> {
  try {
    const [a, b] = await Promise.all([api.get<{ items: CallItem[] }>('/api/v1/calls'), api.get<{ items: DeskItem[] }>('/api/v1/reminders/desk')])
    calls.value = a.items
    desk.value = b.items
    failed.value = null
  } catch (error) {
    failed.value = error
  }
}
export const read = (): Promise<void> => (reading ??= both().finally(() => (reading = null)))

let started = false
export function start(): void {
  if (started) return
  started = true
  let timer: ReturnType<typeof setTimeout> | undefined
  const now = () => {
    timer = undefined
    if (document.visibilityState === 'visible' && me.value && mayDispatch(me.value.role)) void read()
  }
  effect(() => {
    const who = me.value
    calls.value = desk.value = null
    if (who) now()
  })
  setInterval(now, EVERY_MS)
  document.addEventListener('visibilitychange', now)
  hearAll(({ kind }) => {
    if (kind.startsWith('reminder.') || kind.startsWith('visit.')) timer ??= setTimeout(now, GATHER_MS)
  })
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ type?: string } | null>) => data?.type === 'push' && now())
}
