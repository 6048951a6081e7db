/** The day's list as data: which filter a visit belongs to, groups by the hour, and changes that come in live. */
import type { OpState, VisitRow } from '../api/wire'
import { civilDay } from '../ui/format'

export type Filter = OpState | 'all' | 'late' | 'unknown' | 'held'

/** Shown only when there are any. */
export const RARE: readonly Filter[] = ['unknown', 'cancelled']
/** In the order in which a day goes. */
export const FILTERS: readonly Filter[] = [
  'all',
  'planned',
  'assigned',
  'late',
  'in_progress',
  'completed',
  'unknown',
  'missed',
  'unclosed',
  'not_served',
  'held',
  'cancelled',
]
const STATES: readonly OpState[] = ['planned', 'assigned', 'in_progress', 'completed', 'missed', 'not_served', 'unclosed', 'cancelled']
const WAITING: readonly OpState[] = ['planned', 'assigned']
const MINUTE = 60_000

export const isFilter = (text: string | null): text is Filter => FILTERS.includes(text as Filter)

/** After the window's end; as the server's rule. */
const MISSED_AFTER = 30 * MINUTE

/** Over, but a phone that may hold the record was not heard since: nobody can say yet. Never called missed. */
export function isUnknown(row: Pick<VisitRow, 'op_state' | 'window_end' | 'heard_at'>, now: number): boolean {
  const limit = Date.parse(row.window_end) + MISSED_AFTER
  return row.op_state === 'assigned' && now > limit && row.heard_at !== null && Date.parse(row.heard_at) <= limit
}

/** Begun after the agreed time, or over it and not begun. The server says so when it answers; time goes on here. A missed visit is more than late. */
export function isLate(row: VisitRow, now: number): boolean {
  if (row.started_at !== null) return row.late
  if (isUnknown(row, now)) return false
  return WAITING.includes(row.op_state) && (row.late || now > Date.parse(row.window_end))
}

/** By how much: until the check-in, or until now. */
export const lateMs = (row: VisitRow, now: number): number =>
  Math.max(MINUTE, (row.started_at ? Date.parse(row.started_at) : now) - Date.parse(row.window_end))

/** The server takes a new choice only for visits that have not begun. */
export const canAssign = (row: Pick<VisitRow, 'op_state'>): boolean => WAITING.includes(row.op_state)

export function fits(row: VisitRow, filter: Filter, now: number): boolean {
  if (filter === 'all') return true
  if (filter === 'held') return row.holds > 0
  if (filter === 'late') return isLate(row, now)
  if (filter === 'unknown') return isUnknown(row, now)
  return row.op_state === filter
}

/** The number on each filter; null where the server does not tell one. */
export function numbers(counts: Readonly<Record<string, number>>): Record<Filter, number | null> {
  const states = STATES.map((state) => counts[state] ?? 0)
  const all = states.reduce((sum, n) => sum + n, 0)
  const out = { all, held: counts.held ?? 0, late: counts.late ?? null, unknown: counts.unknown ?? null } as Record<Filter, number | null>
  for (const [i, state] of STATES.entries()) out[state as Filter] = states[i] as number
  return out
}

export interface Group {
  /** The hour in China at which the visits start, or -1 for those begun the day before. */
  hour: number
  rows: VisitRow[]
}

const hourOf = (at: string): number => (new Date(at).getUTCHours() + 8) % 24

export function byHour(rows: readonly VisitRow[], day: string): Group[] {
  const groups = new Map<number, VisitRow[]>()
  for (const row of rows) {
    const hour = civilDay(row.window_start) < day ? -1 : hourOf(row.window_start)
    const group = groups.get(hour)
    if (group) group.push(row)
    else groups.set(hour, [row])
  }
  return [...groups].sort(([a], [b]) => a - b).map(([hour, list]) => ({ hour, rows: list }))
}

const before = (a: VisitRow, b: VisitRow): number => Date.parse(a.window_start) - Date.parse(b.window_start) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** The next page behind what is there; a row that both have is taken from the newer answer. */
export function joined(rows: readonly VisitRow[], more: readonly VisitRow[]): VisitRow[] {
  const fresh = new Map(more.map((row) => [row.id, row]))
  const kept = rows.map((row) => {
    const newer = fresh.get(row.id)
    fresh.delete(row.id)
    return newer ?? row
  })
  return [...kept, ...fresh.values()]
}

/** Puts changed rows in their place. A row that is not of this list (any more) is left out or taken away. */
export function merged(rows: readonly VisitRow[], changed: readonly VisitRow[], { belongs }: { belongs: (row: VisitRow) => boolean }): VisitRow[] {
  const touched = new Set(changed.map((row) => row.id))
  return [...rows.filter((row) => !touched.has(row.id)), ...changed.filter(belongs)].sort(before)
}

/** `YYYY-MM-DD`, `by` days on. */
export function dayShift(day: string, by: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + by)
  return date.toISOString().slice(0, 10)
}

export function isDay(text: string | null): text is string {
  return text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && dayShift(text, 0) === text
}

/** The wire's instant of a civil date and a clock time in China. */
export const instant = (day: string, time: string): string => `${day}T${time}:00+08:00`

export type OrderFault = 'order_need_time' | 'order_time_order' | 'order_time_long' | 'order_past'

export function windowFault({ day, from, to, now }: { day: string; from: string; to: string; now: number }): OrderFault | null {
  if (!isDay(day) || !/^\d\d:\d\d$/.test(from) || !/^\d\d:\d\d$/.test(to)) return 'order_need_time'
  const [start, end] = [Date.parse(instant(day, from)), Date.parse(instant(day, to))]
  if (end <= start) return 'order_time_order'
  if (end - start > 12 * 60 * MINUTE) return 'order_time_long'
  return end < now ? 'order_past' : null
}

export interface Missing {
  year: number
  from: string
  to: string
  count: number
}

/** Days without a published calendar, one line a year. */
export function missingYears(list: readonly { date: string; year: number }[]): Missing[] {
  const years = new Map<number, Missing>()
  for (const { date, year } of list) {
    const line = years.get(year)
    if (!line) years.set(year, { year, from: date, to: date, count: 1 })
    else {
      line.count++
      if (date < line.from) line.from = date
      if (date > line.to) line.to = date
    }
  }
  return [...years.values()].sort((a, b) => a.year - b.year)
}

/** What most often stood in the way, over all visits that found nobody. */
export function whyNobody(list: readonly { reasons: Readonly<Record<string, number>> }[]): [code: string, visits: number][] {
  const visits = new Map<string, number>()
  for (const { reasons } of list) for (const code of Object.keys(reasons)) visits.set(code, (visits.get(code) ?? 0) + 1)
  return [...visits].sort((a, b) => b[1] - a[1])
}
