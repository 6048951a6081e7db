/** What somebody has seen of their reminders while the app was open: kept, told to the server, taken from the screen. */
import type { ReminderItem } from '../api/wire-reminders'
import { browser } from '../outbox/env'
import type { Audience } from './message'
import { report } from './report'
import { note, seenOf, withPushDb } from './store'

/** What was acknowledged here is gone from the list, also before the server has heard it. */
export async function stillOpen(items: readonly ReminderItem[]): Promise<ReminderItem[]> {
  const known = await withPushDb((db) => Promise.all(items.map((item) => seenOf(db, item.id)))).catch(() => [])
  return items.filter((_, i) => !known[i]?.acknowledged)
}

/** The pop-ups of these go away. */
export async function closeShown(ids: readonly string[]): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration()
  for (const one of (await registration?.getNotifications?.()) ?? []) {
    if (ids.includes((one.data as { id?: string } | null)?.id ?? '')) one.close()
  }
}

/** What the server has still to hear, such as when the page was left in the middle of it. */
export const sayRest = (): Promise<unknown> => withPushDb((db) => report(db, browser)).catch(() => undefined)

export async function take(to: Audience, what: 'shown' | 'acknowledged', ids: readonly string[]): Promise<void> {
  const now = Date.now()
  await withPushDb(async (db) => {
    const news = await Promise.all(ids.map((id) => note(db, { id, to, by: 'app', [what]: true, now })))
    if (news.some(Boolean)) await report(db, browser)
  }).catch(() => undefined)
}
