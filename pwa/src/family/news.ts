/** What the family asked to be told and has not opened yet, as it stands at the server. */
import { signal } from '@preact/signals'
import { api } from '../api/client'
import type { ReminderItem } from '../api/wire-reminders'
import { closeShown, sayRest, stillOpen, take } from '../push/seen'
import { me } from './state'

export const news = signal<readonly ReminderItem[]>([])
const MOST = 3

/** The newest few; of what was opened before somebody asked for anything there is none. */
export const newest = (items: readonly ReminderItem[]): ReminderItem[] => [...items].sort((a, b) => Date.parse(b.due_at) - Date.parse(a.due_at)).slice(0, MOST)

let begun = false
export async function readNews(): Promise<void> {
  if (!begun) void sayRest()
  begun = true
  if (!me.value?.elders.some(({ watch }) => watch.length)) {
    news.value = []
    return
  }
  try {
    const { items } = await api.get<{ items: ReminderItem[] }>('/api/v1/family/reminders')
    news.value = await stillOpen(items)
    void take('family', 'shown', newest(news.value).map(({ id }) => id))
  } catch {
    // What is known stays; the page itself says that it could not be read.
  }
}

/** Opening a visit is knowing what was told of it. */
export async function opened(visit: string): Promise<void> {
  const ids = news.value.filter((item) => item.visit_id === visit).map(({ id }) => id)
  if (!ids.length) return
  news.value = news.value.filter((item) => !ids.includes(item.id))
  void closeShown(ids).catch(() => undefined)
  await take('family', 'acknowledged', ids)
}
