import { describe, expect, it } from 'vitest'
import type { Caregiver } from '../../src/api/wire'
import { agoText, certName, certNote, certState, countdown, fitsPeople, inFours, matchesName } from '../../src/dispatch/people'

const TODAY = '2026-11-21'
const NOW = Date.parse('2026-11-21T12:00:00+08:00')
const when = { today: TODAY, now: NOW }

const person = (values: Partial<Caregiver> = {}): Caregiver => ({
  id: 'c1',
  name: '彭燕',
  phone_masked: '131****8593',
  provider: { id: 'p1', name: '朝外照料中心' },
  qualifications: [{ kind: 'health_certificate', valid_until: '2027-11-28' }],
  device: { id: 'd1', enrolled_at: '2026-11-01T08:00:00+08:00', last_seen_at: '2026-11-21T11:58:00+08:00', platform: 'Android' },
  ...values,
})

describe('certificates', () => {
  it.each([
    ['2026-11-20', 'expired', '已过期 1 天'],
    ['2026-11-21', 'soon', '今天到期'],
    ['2026-12-21', 'soon', '还剩 30 天'],
    ['2026-12-22', 'fine', '到 2026/12/22'],
    [null, 'open', '长期有效'],
  ])('until %s: %s', (until, state, said) => {
    expect(certState(until, TODAY).state).toBe(state)
    expect(certNote(until, TODAY)).toBe(said)
  })
  it('have names, and show a kind that is not known as it is', () => {
    expect(certName('nurse_licence')).toBe('护士执业证')
    expect(certName('急救证')).toBe('急救证')
  })
})

describe('filters', () => {
  it('find who has no phone, who needs a certificate, who is silent', () => {
    expect(fitsPeople(person(), 'no_phone', when)).toBe(false)
    expect(fitsPeople(person({ device: null }), 'no_phone', when)).toBe(true)
    expect(fitsPeople(person(), 'cert', when)).toBe(false)
    expect(fitsPeople(person({ qualifications: [] }), 'cert', when)).toBe(true)
    expect(fitsPeople(person({ qualifications: [{ kind: 'x', valid_until: '2026-12-01' }] }), 'cert', when)).toBe(true)
    expect(fitsPeople(person(), 'silent', when)).toBe(false)
    expect(fitsPeople(person({ device: null }), 'silent', when)).toBe(false)
    const old = { id: 'd', enrolled_at: '2026-11-01T08:00:00+08:00', last_seen_at: null, platform: null }
    expect(fitsPeople(person({ device: old }), 'silent', when)).toBe(true)
  })
  it('find a name by a part of it', () => {
    expect(matchesName({ name: '欧阳明珠' }, ' 明 ')).toBe(true)
    expect(matchesName({ name: '欧阳明珠' }, '燕')).toBe(false)
    expect(matchesName({ name: '欧阳明珠' }, '')).toBe(true)
  })
})

describe('words for the screen', () => {
  it('say how long ago', () => {
    const ago = (minutes: number) => agoText(new Date(NOW - minutes * 60_000).toISOString(), NOW)
    expect([0, 5, 90, 47 * 60, 72 * 60].map(ago)).toEqual(['刚刚', '5 分钟前', '1 小时前', '47 小时前', '3 天前'])
  })
  it('group a secret, and count down', () => {
    expect(inFours('7KQ2M4XWPA')).toEqual(['7KQ2', 'M4XW', 'PA'])
    expect([600_000, 59_001, 1, 0, -5].map(countdown)).toEqual(['10:00', '1:00', '0:01', '0:00', '0:00'])
  })
})
