import { describe, expect, it } from 'vitest'
import type { OpState } from '../../src/api/wire'
import {
  byHour,
  canAssign,
  dayShift,
  FILTERS,
  fits,
  instant,
  isDay,
  isFilter,
  isLate,
  isUnknown,
  joined,
  lateMs,
  merged,
  missingYears,
  numbers,
  whyNobody,
  windowFault,
} from '../../src/dispatch/board'
import { row } from './make'

const at = (clock: string) => Date.parse(`2026-11-21T${clock}:00+08:00`)

describe('lateness', () => {
  it('begins when the window is over and nobody has come', () => {
    expect(isLate(row(), at('10:59'))).toBe(false)
    expect(isLate(row(), at('11:00'))).toBe(false)
    expect(isLate(row(), at('11:01'))).toBe(true)
    expect(lateMs(row(), at('11:25'))).toBe(25 * 60_000)
  })
  it('is what the server says of a visit that was begun late, and stays as it was', () => {
    const begun = row({ op_state: 'completed', late: true, started_at: '2026-11-21T11:20:00+08:00' })
    expect(isLate(begun, at('18:00'))).toBe(true)
    expect(lateMs(begun, at('18:00'))).toBe(20 * 60_000)
  })
  it.each(['missed', 'cancelled', 'not_served', 'completed', 'unclosed'] as OpState[])('is not the word for %s', (op_state) => {
    expect(isLate(row({ op_state }), at('18:00'))).toBe(false)
  })
})

describe('a phone that is silent', () => {
  const silent = (heard_at: string | null) => row({ heard_at: heard_at && `2026-11-21T${heard_at}:00+08:00` })
  it('leaves it open whether anybody came, from half an hour after the window', () => {
    expect(isUnknown(silent('09:12'), at('11:30'))).toBe(false)
    expect(isUnknown(silent('09:12'), at('11:31'))).toBe(true)
    expect(isLate(silent('09:12'), at('11:31'))).toBe(false)
    expect(fits(silent('09:12'), 'unknown', at('11:31'))).toBe(true)
  })
  it('was heard since: the visit is late, not unknown', () => {
    expect(isUnknown(silent('11:31'), at('11:40'))).toBe(false)
    expect(isLate(silent('11:31'), at('11:40'))).toBe(true)
  })
  it('is none when nobody has one', () => expect(isUnknown(silent(null), at('18:00'))).toBe(false))
})

describe('filters', () => {
  it('knows its own names only', () => {
    expect(FILTERS.every(isFilter)).toBe(true)
    expect(isFilter('happy')).toBe(false)
    expect(isFilter(null)).toBe(false)
  })
  it('takes states, late ones and held ones', () => {
    const now = at('10:00')
    expect(fits(row(), 'all', now)).toBe(true)
    expect(fits(row(), 'assigned', now)).toBe(true)
    expect(fits(row(), 'planned', now)).toBe(false)
    expect(fits(row(), 'late', now)).toBe(false)
    expect(fits(row({ late: true }), 'late', now)).toBe(true)
    expect(fits(row({ holds: 1 }), 'held', now)).toBe(true)
  })
  it('adds the states up, without what lies across them', () => {
    const counts = numbers({ planned: 2, completed: 3, held: 1, late: 2 })
    expect(counts).toMatchObject({ all: 5, planned: 2, completed: 3, assigned: 0, held: 1, late: 2 })
    expect(numbers({ planned: 2 }).late).toBeNull()
  })
  it('offers assignment only before a visit has begun', () => {
    const open: OpState[] = ['planned', 'assigned']
    const over: OpState[] = ['in_progress', 'completed', 'missed', 'not_served', 'unclosed', 'cancelled']
    expect(open.every((op_state) => canAssign({ op_state }))).toBe(true)
    expect(over.some((op_state) => canAssign({ op_state }))).toBe(false)
  })
})

describe('groups', () => {
  it('are the hours of China, whatever the machine is set to', () => {
    const rows = [
      row({ id: '1', window_start: '2026-11-21T00:30:00Z' }),
      row({ id: '2', window_start: '2026-11-21T08:45:00+08:00' }),
      row({ id: '3', window_start: '2026-11-20T22:00:00+08:00' }),
      row({ id: '4', window_start: '2026-11-21T13:30:00+08:00' }),
    ]
    const groups = byHour(rows, '2026-11-21')
    expect(groups.map(({ hour, rows: list }) => [hour, list.map((one) => one.id)])).toEqual([
      [-1, ['3']],
      [8, ['1', '2']],
      [13, ['4']],
    ])
  })
})

describe('live rows', () => {
  const [a, b, c] = ['08:00', '09:00', '10:00'].map((clock, i) => row({ id: `${i}`, window_start: `2026-11-21T${clock}:00+08:00` })) as [
    ReturnType<typeof row>,
    ReturnType<typeof row>,
    ReturnType<typeof row>,
  ]
  it('go to their place', () => {
    const moved = { ...a, window_start: '2026-11-21T09:30:00+08:00' }
    expect(merged([a, b, c], [moved], { belongs: () => true })).toEqual([b, moved, c])
  })
  it('leave a list that they are no part of any more, and join one that they are', () => {
    const done = { ...a, op_state: 'completed' as const }
    expect(merged([a, b], [done, c], { belongs: (one) => one.op_state === 'assigned' })).toEqual([b, c])
  })
  it('are not doubled by the next page', () => {
    const newer = { ...b, holds: 1 }
    expect(joined([a, b], [newer, c])).toEqual([a, newer, c])
  })
})

describe('days and windows', () => {
  it('counts civil days over months and years', () => {
    expect(dayShift('2026-12-31', 1)).toBe('2027-01-01')
    expect(dayShift('2028-03-01', -1)).toBe('2028-02-29')
  })
  it('refuses what is no day', () => {
    expect(isDay('2026-02-29')).toBe(false)
    expect(isDay('2026-13-01')).toBe(false)
    expect(isDay('today')).toBe(false)
    expect(isDay('2028-02-29')).toBe(true)
  })
  it('writes instants of China', () => {
    expect(instant('2026-11-21', '09:05')).toBe('2026-11-21T09:05:00+08:00')
  })
  it.each([
    ['', '09:00', '10:00', 'order_need_time'],
    ['2026-11-21', '', '10:00', 'order_need_time'],
    ['2026-11-21', '10:00', '10:00', 'order_time_order'],
    ['2026-11-21', '08:00', '20:01', 'order_time_long'],
    ['2026-11-21', '08:00', '20:00', null],
    ['2026-11-20', '08:00', '20:00', 'order_past'],
    ['2026-11-21', '08:00', '08:30', 'order_past'],
  ])('%s %s to %s: %s', (day, from, to, fault) => {
    expect(windowFault({ day, from, to, now: at('09:00') })).toBe(fault)
  })
})

describe('expansion', () => {
  it('says years without a calendar in one line each', () => {
    const list = [
      { date: '2027-01-04', year: 2027 },
      { date: '2026-12-31', year: 2026 },
      { date: '2027-01-01', year: 2027 },
    ]
    expect(missingYears(list)).toEqual([
      { year: 2026, from: '2026-12-31', to: '2026-12-31', count: 1 },
      { year: 2027, from: '2027-01-01', to: '2027-01-04', count: 2 },
    ])
    expect(missingYears([])).toEqual([])
  })
  it('names the most common obstacle first', () => {
    const list: { reasons: Record<string, number> }[] = [{ reasons: { OVERLAP: 3 } }, { reasons: { OVERLAP: 1, ON_LEAVE: 2 } }, { reasons: { NO_CAREGIVER: 1 } }]
    expect(whyNobody(list)[0]).toEqual(['OVERLAP', 2])
  })
})
