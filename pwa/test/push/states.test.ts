/** What the screens say of push: every state has its own word, and nobody is asked who cannot or does not want. */
import { describe, expect, test } from 'vitest'
import type { PushState, SubscriptionState } from '../../src/api/wire-reminders'
import { isProven, type Known, lookOf, shouldAsk, standOf } from '../../src/push/states'

const server = (state: SubscriptionState | null, proven_at: string | null = null): PushState => ({
  key: 'k',
  hosts_allowed: [],
  subscription: state && { state, created_at: '2026-11-22T00:00:00Z', proven_at, accepted_at: null },
})
const known = (more: Partial<Known> = {}): Known => ({ stand: 'able', permission: 'granted', server: server('working', '2026-11-22T01:12:00Z'), here: true, step: 'rest', failure: null, ...more })

describe('what is said', () => {
  test.each<[string, Partial<Known>, object]>([
    ['works', {}, { is: 'working', since: '2026-11-22T01:12:00Z' }],
    ['inside WeChat, whatever else', { stand: 'wechat' }, { is: 'wechat' }],
    ['an iPhone outside its home screen', { stand: 'ios_tab' }, { is: 'ios_tab' }],
    ['a browser without push', { stand: 'unsupported' }, { is: 'unsupported' }],
    ['never asked', { permission: 'default', server: server(null) }, { is: 'off' }],
    ['refused', { permission: 'denied' }, { is: 'denied' }],
    ['being asked', { step: 'asking', permission: 'default' }, { is: 'asking' }],
    ['the server has no key', { server: { ...server(null), key: null } }, { is: 'not_offered' }],
    ['subscribed in another browser', { here: false }, { is: 'off' }],
    ['given up by the push service', { server: server('gone') }, { is: 'off' }],
    ['the test is on its way', { step: 'testing', server: server('untested') }, { is: 'testing' }],
    ['the test never came', { server: server('untested') }, { is: 'silent' }],
    ['refused three times', { server: server('disabled') }, { is: 'disabled' }],
    ['another key', { server: server('key_changed') }, { is: 'disabled' }],
    ['asked to wait', { server: server('resting', '2026-11-22T01:12:00Z') }, { is: 'resting', since: '2026-11-22T01:12:00Z' }],
    ['no answer of the push service', { failure: 'timeout', server: server(null) }, { is: 'failure', why: 'timeout' }],
  ])('%s', (_, more, look) => expect(lookOf(known(more))).toEqual(look))
})

describe('where it stands', () => {
  const able = { standalone: false, supported: true }
  test.each([
    ['Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0', able, 'wechat'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)', able, 'ios_tab'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)', { standalone: true, supported: true }, 'able'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 15_0)', { standalone: true, supported: false }, 'unsupported'],
    ['Mozilla/5.0 (Linux; Android 10) Firefox/115', able, 'able'],
  ] as const)('%s', (agent, more, stand) => expect(standOf({ agent, ...more })).toBe(stand))
})

test('a test has arrived only when the server says something new', () => {
  expect(isProven(server('untested'), server('untested'))).toBe(false)
  expect(isProven(server('untested'), server('working', '2026-11-22T01:12:00Z'))).toBe(true)
  expect(isProven(server('working', '2026-11-22T01:12:00Z'), server('working', '2026-11-22T01:12:00Z'))).toBe(false)
  expect(isProven(server('working', '2026-11-22T01:12:00Z'), server('working', '2026-11-22T02:00:00Z'))).toBe(true)
  expect(isProven(null, null)).toBe(false)
})

describe('asking', () => {
  const fit = { stand: 'able', permission: 'default', counted: true, later: undefined, now: 1e12, on: false } as const
  test('whose records count already', () => expect(shouldAsk(fit)).toBe(true))
  test.each([
    ['not before', { counted: false }],
    ['not where it is on', { on: true }],
    ['not who has refused', { permission: 'denied' }],
    ['not where it cannot be', { stand: 'unsupported' }],
    ['not soon after "later"', { later: 1e12 - 29 * 86_400_000 }],
  ] as const)('%s', (_, more) => expect(shouldAsk({ ...fit, ...more })).toBe(false))
  test('again after a month', () => expect(shouldAsk({ ...fit, later: 1e12 - 31 * 86_400_000 })).toBe(true))
})
