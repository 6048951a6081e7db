/** A month as weeks that begin on Monday. */
import { expect, test } from 'vitest'
import { moved, weeks } from '../../src/family/month'

test('a month fills whole weeks', () => {
  const days = weeks('2026-04')
  expect(days.slice(0, 3)).toEqual([null, null, '2026-04-01'])
  expect(days.filter(Boolean)).toHaveLength(30)
  expect(days.length % 7).toBe(0)
  expect(weeks('2024-02').filter(Boolean)).toHaveLength(29)
  expect(weeks('2027-02')[0]).toBe('2027-02-01')
})

test.each([['2026-01', -1, '2025-12'], ['2026-12', 1, '2027-01'], ['2026-04', 0, '2026-04']])('%s moved by %d is %s', (month, by, expected) => expect(moved(month, by)).toBe(expected))
