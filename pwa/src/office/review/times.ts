/** The instants that an entry by hand means: people write clocks, the days follow from what is known of the visit. */
import type { VisitDetail } from '../../api/wire'
import { civilDay, clock } from '../../ui/format'

const DAY = 24 * 3600_000
/** So far from what is known a neighbouring day is the likelier one. */
const NEAR = 4 * 3600_000
const CLOCK = /^\d{2}:\d{2}$/

type Known = Pick<VisitDetail, 'window_start' | 'window_end' | 'started_at' | 'ended_at'>

export interface Times {
  /** For the server; null where the time was not touched: it keeps its own, to the second. */
  sent: { started_at: string | null; ended_at: string | null }
  start: number
  end: number
  /** The end is on the day after the start. */
  next_day: boolean
}

const at = (day: string, time: string): number => Date.parse(`${day}T${time}:00+08:00`)
const dayAt = (instant: number): string => civilDay(instant)
/** As the server is told: the time of China, without fractions. */
const wire = (instant: number): string => `${dayAt(instant)}T${clock(instant)}:00+08:00`

/** A clock on the day of `from`, or on the day before or after where only that is close to what is known. */
function around(time: string, from: number, to: number): number {
  const same = at(dayAt(from), time)
  const far = (instant: number) => Math.max(from - instant, instant - to, 0)
  if (far(same) <= NEAR) return same
  return [same + DAY, same - DAY].find((instant) => far(instant) <= NEAR) ?? same
}

/** What two clocks mean; null as long as one is missing, or when the end is not after the start. An end that is earlier than the start is on the next day. */
export function timesOf(visit: Known, from: string, to: string): Times | null {
  if (!CLOCK.test(from) || !CLOCK.test(to)) return null
  const came = visit.started_at !== null && clock(visit.started_at) === from ? Date.parse(visit.started_at) : null
  const left = visit.ended_at !== null && clock(visit.ended_at) === to ? Date.parse(visit.ended_at) : null
  let start: number
  if (came !== null) start = came
  else if (left !== null) start = at(dayAt(left), from) - (from > to ? DAY : 0)
  else if (visit.started_at !== null) start = around(from, Date.parse(visit.started_at), Date.parse(visit.ended_at ?? visit.started_at))
  else start = around(from, Date.parse(visit.window_start), Date.parse(visit.window_end))
  const end = left ?? at(dayAt(start), to) + (to < from ? DAY : 0)
  if (end <= start) return null
  return {
    sent: { started_at: came === null ? wire(start) : null, ended_at: left === null ? wire(end) : null },
    start,
    end,
    next_day: dayAt(end) > dayAt(start),
  }
}

/** What is wrong with the times that were written, in a word of the catalogue: nothing is sent before it is put right. */
export function faultOf(kind: 'entry' | 'times', from: string, to: string, times: Times | null): 'entry_backwards' | 'entry_unchanged' | null {
  if (!times) return CLOCK.test(from) && CLOCK.test(to) ? 'entry_backwards' : null
  return kind === 'times' && times.sent.started_at === null && times.sent.ended_at === null ? 'entry_unchanged' : null
}

type Missing = 'entry_who' | 'entry_from' | 'entry_to' | 'reason'

/** What is still to be written before it can be sent, as words of the catalogue in the order of the screen. */
export function missingOf(kind: 'entry' | 'times' | 'not_served', written: { who: string; from: string; to: string; reason: string }): readonly Missing[] {
  const timed = kind !== 'not_served'
  const all: readonly [Missing, boolean][] = [
    ['entry_who', kind === 'entry' && !written.who],
    ['entry_from', timed && !CLOCK.test(written.from)],
    ['entry_to', timed && !CLOCK.test(written.to)],
    ['reason', !written.reason],
  ]
  return all.filter(([, lacks]) => lacks).map(([word]) => word)
}
