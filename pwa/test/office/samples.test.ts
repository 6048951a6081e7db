/** What a sample says: how far it is recorded, what fits a filter, whose turn it is. */
import { describe, expect, test } from 'vitest'
import { countOf, drawnOf, fits, isWrong, lastDay, lastMonth, lastOf, nextOpen, OUTCOMES, sizeOf, wrongOf } from '../../src/office/samples/model'
import type { Drawn, Inspection } from '../../src/office/samples/model'

const found = (outcome: string): Inspection => ({ sample_id: 's', kind: 'call_back', outcome, note: null, made_by: '张所长', at: '2026-11-21T09:00:00+08:00' })
const drawn = (id: string, ...outcomes: string[]) => ({ visit: { id }, inspections: outcomes.map(found) }) as unknown as Drawn

describe('progress', () => {
  const sample = { outcomes: { confirmed: 9, differs: 2, did_not_happen: 1, not_reached: 3 }, open: 15 }
  test('what was drawn is what has a result and what has none', () => {
    expect(drawnOf(sample)).toBe(30)
    expect(drawnOf({ outcomes: {}, open: 0 })).toBe(0)
    expect(wrongOf(sample)).toBe(3)
    expect(wrongOf({ outcomes: {} })).toBe(0)
  })
  test.each([['all', 30], ['open', 15], ['confirmed', 9], ['not_reached', 3]] as const)('%s: %d', (show, n) => expect(countOf(sample, show)).toBe(n))
})

describe('the last result counts', () => {
  const called = drawn('a', 'not_reached', 'confirmed')
  test('in the list', () => {
    expect(lastOf(called)?.outcome).toBe('confirmed')
    expect(lastOf(drawn('b'))).toBeNull()
  })
  test.each([['all', true], ['confirmed', true], ['not_reached', false], ['open', false]] as const)('in the filter %s', (show, expected) => expect(fits(called, show)).toBe(expected))
  test('and without one it is open', () => expect(fits(drawn('b'), 'open')).toBe(true))
})

test('only what does not fit the record opens it again', () => {
  expect(OUTCOMES.filter(isWrong)).toEqual(['differs', 'did_not_happen'])
  expect(isWrong(null)).toBe(false)
})

test('the next without a result has its turn, from the top again at the end', () => {
  const items = [drawn('a'), drawn('b', 'confirmed'), drawn('c'), drawn('d', 'differs')]
  expect(['a', 'b', 'c', 'd'].map((id) => nextOpen(items, id))).toEqual(['c', 'c', 'a', 'a'])
  expect(nextOpen([drawn('a', 'confirmed')], 'a')).toBeNull()
  expect(nextOpen(items, 'gone')).toBe('a')
})

test.each([['30', 30], [' 1 ', 1], ['500', 500], ['501', null], ['0', null], ['', null], ['3.5', null], ['-3', null], ['１２', null]])('%s visits', (text, n) => expect(sizeOf(text)).toBe(n))

test.each([['2026-11-22', '2026-10-01', '2026-10-31'], ['2026-01-01', '2025-12-01', '2025-12-31'], ['2024-03-31', '2024-02-01', '2024-02-29']])('the month before %s', (today, since, last) => expect(lastMonth(today)).toEqual({ since, last }))
test('people count the last day', () => expect(lastDay({ until: '2026-11-01' })).toBe('2026-10-31'))
