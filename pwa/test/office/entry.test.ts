/** Clocks that somebody writes are instants of the right day; what nobody touched is not sent at all. */
import { describe, expect, test } from 'vitest'
import { faultOf, missingOf, timesOf } from '../../src/office/review/times'

const visit = (window: [string, string], recorded: [string | null, string | null] = [null, null]) => ({ window_start: window[0], window_end: window[1], started_at: recorded[0], ended_at: recorded[1] })
const sent = (...args: Parameters<typeof timesOf>) => {
  const times = timesOf(...args)
  return times && [times.sent.started_at, times.sent.ended_at, times.next_day]
}
// 2026-11-21 in China, on the wire in UTC.
const morning: [string, string] = ['2026-11-21T01:00:00Z', '2026-11-21T02:30:00Z']
const night: [string, string] = ['2026-11-21T14:00:00Z', '2026-11-21T15:30:00Z']
const after = (clock: string, day = '2026-11-21') => `${day}T${clock}:00+08:00`

describe('an entry', () => {
  test('is of the day that was agreed', () => expect(sent(visit(morning), '09:07', '09:40')).toEqual([after('09:07'), after('09:40'), false]))
  test('that ends earlier than it begins ends on the next day', () => expect(sent(visit(night), '23:40', '00:25')).toEqual([after('23:40'), after('00:25', '2026-11-22'), true]))
  test('that begins after midnight begins on the day after', () => expect(sent(visit(night), '00:10', '00:40')).toEqual([after('00:10', '2026-11-22'), after('00:40', '2026-11-22'), false]))
  test('that begins before a window of midnight begins on the day before', () =>
    expect(sent(visit(['2026-11-20T16:10:00Z', '2026-11-20T17:00:00Z']), '23:50', '00:30')).toEqual([after('23:50', '2026-11-20'), after('00:30'), true]))
  test('far from everything stays on its day', () => {
    for (const clock of ['21:00', '23:50', '02:00']) expect(sent(visit(morning), clock, clock.replace(/0$/, '5'))).toEqual([after(clock), after(clock.replace(/0$/, '5')), false])
  })
  test.each([['', '09:00'], ['09:00', ''], ['9', '10:00']])('is none without both clocks: %s %s', (from, to) => expect(timesOf(visit(morning), from, to)).toBeNull())
})

describe('what a phone recorded', () => {
  const recorded = visit(morning, ['2026-11-21T01:05:31.250Z', '2026-11-21T01:44:59Z'])

  test('stays as it is to the second when nobody touched it', () => {
    expect(sent(recorded, '09:05', '09:50')).toEqual([null, after('09:50'), false])
    expect(sent(recorded, '09:01', '09:44')).toEqual([after('09:01'), null, false])
    expect(sent(recorded, '09:05', '09:44')).toEqual([null, null, false])
    expect(timesOf(recorded, '09:05', '09:44')).toMatchObject({ start: Date.parse('2026-11-21T01:05:31.250Z'), end: Date.parse('2026-11-21T01:44:59Z') })
  })

  test('over midnight: each time goes with the other', () => {
    const over = visit(night, ['2026-11-21T15:50:12Z', '2026-11-21T16:20:40Z'])
    expect(sent(over, '23:50', '00:35')).toEqual([null, after('00:35', '2026-11-22'), true])
    expect(sent(over, '23:50', '23:58')).toEqual([null, after('23:58'), false])
    expect(sent(over, '23:30', '00:20')).toEqual([after('23:30'), null, true])
    expect(sent(over, '00:05', '00:20')).toEqual([after('00:05', '2026-11-22'), null, false])
    expect(sent(over, '00:05', '00:40')).toEqual([after('00:05', '2026-11-22'), after('00:40', '2026-11-22'), false])
  })

  test('on another day than was agreed stays there', () => {
    const late = visit(morning, ['2026-11-22T03:00:05Z', null])
    expect(sent(late, '11:00', '11:30')).toEqual([null, after('11:30', '2026-11-22'), false])
    expect(sent(late, '10:50', '11:30')).toEqual([after('10:50', '2026-11-22'), after('11:30', '2026-11-22'), false])
  })
})

describe('times that say nothing', () => {
  const recorded = visit(morning, ['2026-11-21T01:05:31.250Z', '2026-11-21T01:44:59Z'])
  const fault = (kind: 'entry' | 'times', of: Parameters<typeof timesOf>[0], from: string, to: string) => faultOf(kind, from, to, timesOf(of, from, to))

  test('an end that is not after the start is refused', () => {
    expect(timesOf(visit(morning), '09:05', '09:05')).toBeNull()
    // Arrived at 09:05:31 by the record, left at 09:05:00 by hand.
    expect(timesOf(recorded, '09:05', '09:05')).toBeNull()
    expect(fault('entry', visit(morning), '09:05', '09:05')).toBe('entry_backwards')
    expect(fault('times', recorded, '09:05', '09:05')).toBe('entry_backwards')
  })

  test('unchanged times are said to be so, where they were to be changed', () => {
    expect(fault('times', recorded, '09:05', '09:44')).toBe('entry_unchanged')
    expect(fault('times', recorded, '09:05', '09:45')).toBeNull()
    expect(fault('times', recorded, '09:00', '09:44')).toBeNull()
    expect(fault('entry', visit(morning), '09:00', '09:44')).toBeNull()
  })

  test('a clock that is missing is no fault yet', () => expect(fault('entry', visit(morning), '09:00', '')).toBeNull())
})

describe('what is still to be written', () => {
  const all = { who: 'id', from: '09:00', to: '09:40', reason: 'PHONE_BROKEN' }
  test.each([
    ['entry', {}, []],
    ['times', {}, []],
    ['not_served', { from: '', to: '', who: '' }, []],
    ['entry', { who: '', from: '', to: '9', reason: '' }, ['entry_who', 'entry_from', 'entry_to', 'reason']],
    // The arrival was recorded, nobody recorded the leaving.
    ['times', { who: '', to: '' }, ['entry_to']],
    ['not_served', { reason: '' }, ['reason']],
  ] as const)('%s %j: %j', (kind, lacks, said) => expect(missingOf(kind, { ...all, ...lacks })).toEqual(said))
})
