/** The board as geometry: lanes, rows inside a lane, hours, and what a search finds. */
import { describe, expect, test } from 'vitest'
import { fits, found, hoursOf, lanesOf, rowsOf, span, ticks } from '../../src/dispatch/lanes/layout'
import type { BoardCaregiver, BoardVisit } from '../../src/dispatch/lanes/wire'

const at = (time: string) => `2026-04-08T${time}:00+08:00`
function visit(id: string, from: string, to: string, rest: Partial<BoardVisit> = {}): BoardVisit {
  return {
    id, elder: { id: 'e', name: '龚国栋', initials: 'ggd' }, kind: 'planned', service_type: 'meal', content: 'delivery', window_start: at(from), window_end: at(to),
    min_minutes: 5, carers_needed: 1, state: 'assigned', late: false, started_at: null, ended_at: null, caregiver_ids: [], household_id: 'h', community: '朝外社区',
    address: '朝外大街1号', provider_id: 'p', holds: 0, reason: null, moved_from: null, ...rest,
  }
}
function carer(id: string, rest: Partial<BoardCaregiver> = {}): BoardCaregiver {
  return { id, name: '王秀英', initials: 'wxy', provider_id: 'p', phone_tail: '1234', employed: true, on_leave: false, device: null, certificates_ending: [], ...rest }
}

describe('hours', () => {
  test('are the working day, and reach further when somebody comes earlier or stays longer', () => {
    const usual = hoursOf('2026-04-08', [visit('a', '09:00', '10:00')])
    expect([new Date(usual.from).toISOString(), new Date(usual.to).toISOString()]).toEqual(['2026-04-07T23:00:00.000Z', '2026-04-08T12:00:00.000Z'])
    expect(ticks(usual)).toHaveLength(13)
    const long = hoursOf('2026-04-08', [visit('a', '05:30', '06:00'), visit('b', '19:00', '20:00', { started_at: at('19:30'), ended_at: at('21:10') })])
    expect([long.from, long.to]).toEqual([Date.parse(at('05:00')), Date.parse(at('22:00'))])
  })
  test('a visit lies where its time is, and is never too thin to be seen', () => {
    const hours = { from: Date.parse(at('08:00')), to: Date.parse(at('18:00')) }
    expect(span(hours, Date.parse(at('09:00')), Date.parse(at('11:00')))).toEqual({ left: 10, width: 20 })
    expect(span(hours, Date.parse(at('09:00')), Date.parse(at('09:00'))).width).toBeGreaterThan(0.5)
    expect(span(hours, Date.parse(at('06:00')), Date.parse(at('09:00'))).left).toBe(0)
  })
})

describe('lanes', () => {
  test('visits at the same time stand below each other, one after the other beside', () => {
    const { placed, rows } = rowsOf([visit('c', '10:00', '11:00'), visit('a', '09:00', '10:00'), visit('b', '09:30', '10:30')])
    expect(placed.map(({ visit: { id }, row }) => [id, row])).toEqual([['a', 0], ['b', 1], ['c', 0]])
    expect(rows).toBe(2)
    expect(rowsOf([]).rows).toBe(1)
  })
  test('what nobody has comes first, then who has something to do, then the rest, those on leave last', () => {
    const lanes = lanesOf([carer('idle'), carer('away', { on_leave: true, initials: 'a' }), carer('busy', { initials: 'z' })], [visit('1', '09:00', '10:00'), visit('2', '09:00', '10:00', { caregiver_ids: ['busy'] })])
    expect(lanes.map(({ caregiver }) => caregiver?.id ?? null)).toEqual([null, 'busy', 'idle', 'away'])
  })
  test('a joint visit stands in both lanes', () => {
    const lanes = lanesOf([carer('x'), carer('y')], [visit('1', '09:00', '10:00', { caregiver_ids: ['x', 'y'] })])
    expect(lanes.map(({ visits }) => visits.length)).toEqual([1, 1])
  })
})

test.each([
  ['龚', true],
  ['gg', true],
  ['GGD', true],
  ['朝外大街', true],
  ['秀英', true],
  ['wx', true],
  ['1234', true],
  ['34', false],
  ['李', false],
  ['', true],
])('a search for %s finds the visit: %s', (words, expected) => expect(found(visit('a', '09:00', '10:00'), [carer('x')], words)).toBe(expected))

test('late is beside the states', () => {
  const late = visit('a', '09:00', '10:00', { state: 'in_progress', late: true })
  expect([fits(late, 'late'), fits(late, 'in_progress'), fits(late, 'missed'), fits(late, 'all')]).toEqual([true, true, false, true])
})
