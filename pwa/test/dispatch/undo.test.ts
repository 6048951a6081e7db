/** The last step is offered back where it was made, and on the page of a visit only if it was a step of that. */
import { beforeEach, expect, test, vi } from 'vitest'
import { lastStep, remember, stepOf } from '../../src/dispatch/undo'

beforeEach(() => {
  vi.useFakeTimers()
  lastStep.value = null
  return () => vi.useRealTimers()
})

test('the board offers every step, a visit only its own', () => {
  remember({ action_id: 'a', visits: [{ id: '1' }, { id: '2' }] }, 'swap')
  expect([stepOf(), stepOf('2'), stepOf('3')].map((step) => step?.action_id)).toEqual(['a', 'a', undefined])
  remember({ action_id: 'b', visits: [{ id: '3' }] }, 'cancel')
  expect([stepOf('2'), stepOf('3')?.what]).toEqual([null, 'cancel'])
})

test('ten minutes later nothing is offered, and never what the server does not take back', () => {
  remember({ action_id: null, visits: [{ id: '1' }] }, 'cancel')
  expect(stepOf()).toBeNull()
  remember({ action_id: 'a', visits: [{ id: '1' }] }, 'cancel')
  vi.advanceTimersByTime(9 * 60_000)
  remember({ action_id: 'b', visits: [{ id: '1' }] }, 'cancel')
  vi.advanceTimersByTime(9 * 60_000)
  expect(stepOf('1')?.action_id).toBe('b')
  vi.advanceTimersByTime(60_000)
  expect(stepOf('1')).toBeNull()
})
