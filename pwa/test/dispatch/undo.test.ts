/** The last step is offered back to whoever made it, and on the page of a visit only if it was a step of that. */
import { beforeEach, expect, test, vi } from 'vitest'
import { me } from '../../src/api/session'
import type { Me } from '../../src/api/wire'
import { lastStep, remember, stepOf } from '../../src/dispatch/undo'

const person = (account_id: string, role: Me['role'] = 'dispatcher'): Me => ({ account_id, role, display_name: account_id, provider: null, area: null })

beforeEach(() => {
  vi.useFakeTimers()
  me.value = person('one')
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

test('the next person at the same computer is offered nothing, not even by signing in over it', () => {
  for (const next of [null, person('another')]) {
    me.value = person('one')
    remember({ action_id: 'a', visits: [{ id: '1' }] }, 'cancel')
    me.value = { ...person('one') }
    expect(stepOf()?.action_id, 'the same person, signed in again').toBe('a')
    me.value = next
    expect([stepOf(), lastStep.value]).toEqual([null, null])
    me.value = person('one')
    expect(stepOf()).toBeNull()
  }
})

test.each(['officer', 'auditor'] as const)('%s takes nothing back', (role) => {
  me.value = person('one', role)
  remember({ action_id: 'a', visits: [{ id: '1' }] }, 'cancel')
  expect([stepOf(), stepOf('1')]).toEqual([null, null])
})
