/** The board as geometry: which hours, where a visit lies, and how visits of one lane keep out of each other's way. */
import type { BoardCaregiver, BoardVisit } from './wire'

const HOUR = 3600_000
const FIRST = 7
const LAST = 20

export interface Hours {
  from: number
  to: number
}

/** Whole hours around everything that is on the day, never fewer than the usual working day. */
export function hoursOf(day: string, visits: readonly Pick<BoardVisit, 'window_start' | 'window_end' | 'started_at' | 'ended_at'>[]): Hours {
  const start = Date.parse(`${day}T00:00:00+08:00`)
  let [from, to] = [start + FIRST * HOUR, start + LAST * HOUR]
  for (const visit of visits) {
    for (const at of [visit.window_start, visit.window_end, visit.started_at, visit.ended_at]) {
      if (!at) continue
      from = Math.min(from, Date.parse(at))
      to = Math.max(to, Date.parse(at))
    }
  }
  return { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil(to / HOUR) * HOUR }
}

export const ticks = ({ from, to }: Hours): number[] => Array.from({ length: Math.round((to - from) / HOUR) }, (_, i) => from + i * HOUR)

/** Where something lies, in hundredths of the width. */
export function span({ from, to }: Hours, start: number, end: number): { left: number; width: number } {
  const share = (at: number) => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * 100
  return { left: share(start), width: Math.max(share(end) - share(start), 0.8) }
}

export interface Placed {
  visit: BoardVisit
  row: number
}

/** Each visit in the first row of the lane that is free for it; the rows that are needed. */
export function rowsOf(visits: readonly BoardVisit[]): { placed: Placed[]; rows: number } {
  const free: number[] = []
  const placed = [...visits]
    .sort((a, b) => Date.parse(a.window_start) - Date.parse(b.window_start) || (a.id < b.id ? -1 : 1))
    .map((visit) => {
      const start = Date.parse(visit.window_start)
      let row = free.findIndex((until) => until <= start)
      if (row < 0) row = free.length
      free[row] = Date.parse(visit.window_end)
      return { visit, row }
    })
  return { placed, rows: Math.max(free.length, 1) }
}

export interface Lane {
  /** null: visits that nobody has yet. */
  caregiver: BoardCaregiver | null
  visits: BoardVisit[]
}

export type Filter = 'all' | 'late' | BoardVisit['state']

export const fits = (visit: BoardVisit, filter: Filter): boolean => filter === 'all' || (filter === 'late' ? visit.late : visit.state === filter)

/** One lane for nobody, then one for each caregiver, those with something to do first. */
export function lanesOf(caregivers: readonly BoardCaregiver[], visits: readonly BoardVisit[]): Lane[] {
  const of = new Map<string, BoardVisit[]>()
  const nobody: BoardVisit[] = []
  for (const visit of visits) {
    if (!visit.caregiver_ids.length) nobody.push(visit)
    for (const id of visit.caregiver_ids) of.set(id, [...(of.get(id) ?? []), visit])
  }
  const lanes = caregivers.map((caregiver) => ({ caregiver, visits: of.get(caregiver.id) ?? [] }))
  const rank = (lane: Lane) => (lane.visits.length ? 0 : lane.caregiver?.on_leave ? 2 : 1)
  lanes.sort((a, b) => rank(a) - rank(b) || a.caregiver.initials.localeCompare(b.caregiver.initials))
  return nobody.length ? [{ caregiver: null, visits: nobody }, ...lanes] : lanes
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s/g, '')

/** A visit is found by its elder or address, and by who goes: name, pinyin initials, the end of the telephone number. */
export function found(visit: BoardVisit, who: readonly BoardCaregiver[], words: string): boolean {
  const wanted = plain(words)
  if (!wanted) return true
  if (visit.elder.initials.startsWith(wanted) || [visit.elder.name, visit.address, visit.community].some((text) => plain(text).includes(wanted))) return true
  return who.some((one) => one.initials.startsWith(wanted) || plain(one.name).includes(wanted) || (wanted.length >= 3 && (one.phone_tail ?? '').endsWith(wanted)))
}
