/** Sums of figures are those of their visits, shares are of something. */
import { expect, test } from 'vitest'
import { ceiling } from '../../src/office/reports/chart'
import { percent, type Point, share, sum } from '../../src/office/reports/numbers'
import { isPeriod, wire } from '../../src/office/reports/period'

const point = (rest: Partial<Point>): Point => ({
  since: '2026-04-06', visits: 0, completed: 0, missed: 0, not_served: 0, begun: 0, on_time_bp: null, grades: { A: 0, B: 0, C: 0, D: 0 }, findings: 0, held: 0, manual: 0, rejected: 0,
  satisfaction: { n: 0, sum: 0, satisfied: 0 }, ...rest,
})

test('punctuality is weighed by the visits that were begun', () => {
  const all = sum([point({ visits: 10, begun: 1, on_time_bp: 0 }), point({ visits: 5, begun: 3, on_time_bp: 10_000 }), point({ visits: 2 })])
  expect([all.visits, all.begun, all.on_time_bp]).toEqual([17, 4, 7500])
  expect(sum([]).on_time_bp).toBeNull()
})

test('grades and ratings add up', () => {
  const all = sum([point({ grades: { A: 2, B: 1, C: 0, D: 0 }, satisfaction: { n: 2, sum: 9, satisfied: 2 } }), point({ grades: { A: 1, B: 0, C: 0, D: 4 }, satisfaction: { n: 1, sum: 1, satisfied: 0 } })])
  expect(all.grades).toEqual({ A: 3, B: 1, C: 0, D: 4 })
  expect(all.satisfaction).toEqual({ n: 3, sum: 10, satisfied: 2 })
})

test.each([[null, '—'], [0, '0%'], [10_000, '100%'], [9345, '93.5%']] as const)('%s basis points are %s', (bp, text) => expect(percent(bp)).toBe(text))
test('of nothing there is no share', () => expect([share(0, 0), share(1, 3)]).toEqual(['—', '33.3%']))
test.each([[0, 5], [5, 5], [7, 10], [23, 25], [101, 200], [999, 1000]])('%d fits under %d', (most, top) => expect(ceiling(most)).toBe(top))

test('people count the last day, the server the first day after', () => {
  expect(wire({ since: '2026-04-01', last: '2026-04-30' })).toEqual({ since: '2026-04-01', until: '2026-05-01' })
  expect([isPeriod({ since: '2026-04-01', last: '2026-04-01' }), isPeriod({ since: '2026-04-02', last: '2026-04-01' }), isPeriod({ since: '', last: '2026-04-01' })]).toEqual([true, false, false])
})
