/** The last step is offered back to whoever made it, and on the page of a visit only if it was a step of that. */
import { beforeEach, expect, test, vi } from 'vitest'
import { me } from '../../src/api/session'
import type { Me } from '../../src/api/wire'
import { lang } from '../../src/i18n'
import { lastStep, remember, stepOf, stepText } from '../../src/dispatch/undo'

const person = (account_id: string, role: Me['role'] = 'dispatcher'): Me => ({ account_id, role, display_name: account_id, provider: null, area: null })
const touched = (id: string, name = '韩玉兰', at = '2026-11-21T09:00:00+08:00') => ({ id, elder: { id: `e${id}`, name }, window_start: at })

beforeEach(() => {
  vi.useFakeTimers()
  me.value = person('one')
  lastStep.value = null
  return () => vi.useRealTimers()
})

test('the board offers every step, a visit only its own', () => {
  remember({ action_id: 'a', visits: [touched('1'), touched('2')] }, 'swap')
  expect([stepOf(), stepOf('2'), stepOf('3')].map((step) => step?.action_id)).toEqual(['a', 'a', undefined])
  remember({ action_id: 'b', visits: [touched('3')] }, 'cancel')
  expect([stepOf('2'), stepOf('3')?.what]).toEqual([null, 'cancel'])
})

test('ten minutes later nothing is offered, and never what the server does not take back', () => {
  remember({ action_id: null, visits: [touched('1')] }, 'cancel')
  expect(stepOf()).toBeNull()
  remember({ action_id: 'a', visits: [touched('1')] }, 'cancel')
  vi.advanceTimersByTime(9 * 60_000)
  remember({ action_id: 'b', visits: [touched('1')] }, 'cancel')
  vi.advanceTimersByTime(9 * 60_000)
  expect(stepOf('1')?.action_id).toBe('b')
  vi.advanceTimersByTime(60_000)
  expect(stepOf('1')).toBeNull()
})

test('the next person at the same computer is offered nothing, not even by signing in over it', () => {
  for (const next of [null, person('another')]) {
    me.value = person('one')
    remember({ action_id: 'a', visits: [touched('1')] }, 'cancel')
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
  remember({ action_id: 'a', visits: [touched('1')] }, 'cancel')
  expect([stepOf(), stepOf('1')]).toEqual([null, null])
})

test('what was done is said with the elder and the time', () => {
  vi.setSystemTime('2026-11-21T08:00:00+08:00')
  const one = touched('1')
  const later = touched('2', '龚国栋', '2026-11-21T10:30:00+08:00')
  const next = touched('3', '韩玉兰', '2026-11-22T09:00:00+08:00')
  expect(stepText({ what: 'send', visits: [one] })).toBe('已派人：韩玉兰 09:00')
  expect(stepText({ what: 'assign', visits: [one] })).toBe('已改派：韩玉兰 09:00')
  expect(stepText({ what: 'swap', visits: [later, one] })).toBe('已互换：韩玉兰 09:00、龚国栋 10:30')
  expect(stepText({ what: 'cancel', visits: [next] })).toBe('已取消：韩玉兰 11月22日 09:00')
  expect(stepText({ what: 'assign', visits: [next, later, one] })).toBe('已改派：韩玉兰 09:00 等 3 次')
  lang.value = 'en'
  expect(stepText({ what: 'send', visits: [one, later] })).toBe('Sent: 韩玉兰 09:00, 龚国栋 10:30')
  lang.value = 'zh'
  remember({ action_id: 'a', visits: [one] }, 'send')
  expect(stepOf('1')).toMatchObject({ what: 'send', visits: [one] })
})
