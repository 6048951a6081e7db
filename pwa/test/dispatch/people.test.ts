import { describe, expect, it } from 'vitest'
import type { Caregiver, PhoneSeen } from '../../src/api/wire'
import { agoText, certName, certNote, certState, countdown, fitsPeople, inFours, matchesName, phoneLine } from '../../src/dispatch/people'

const TODAY = '2026-11-21'
const NOW = Date.parse('2026-11-21T12:00:00+08:00')
const when = { today: TODAY, now: NOW }

const phone = (values: Partial<PhoneSeen> = {}): PhoneSeen => ({
  id: 'd1',
  enrolled_at: '2026-11-01T08:00:00+08:00',
  last_seen_at: '2026-11-21T11:58:00+08:00',
  platform: 'Android',
  app_version: '1.2',
  reported_at: '2026-11-21T11:58:00+08:00',
  waiting: 0,
  oldest_waiting_at: null,
  persisted: true,
  standalone: true,
  ...values,
})

const person = (values: Partial<Caregiver> = {}): Caregiver => ({
  id: 'c1',
  name: '彭燕',
  phone_masked: '131****8593',
  provider: { id: 'p1', name: '朝外照料中心' },
  qualifications: [{ kind: 'health_certificate', valid_until: '2027-11-28' }],
  device: phone(),
  visits_today: 2,
  first_visit_at: '2026-11-21T09:00:00+08:00',
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
    const old = phone({ last_seen_at: null })
    expect(fitsPeople(person({ device: old }), 'silent', when)).toBe(true)
  })
  it.each([
    ['heard today', phone({ last_seen_at: '2026-11-21T00:01:00+08:00' }), '2026-11-21T09:00:00+08:00', false],
    ['last heard yesterday', phone({ last_seen_at: '2026-11-20T23:59:00+08:00' }), '2026-11-21T09:00:00+08:00', true],
    ['nothing to do yet', phone({ last_seen_at: '2026-11-20T23:59:00+08:00' }), '2026-11-21T13:00:00+08:00', false],
    ['nothing to do today', phone({ last_seen_at: '2026-11-20T23:59:00+08:00' }), null, false],
    ['no phone', null, '2026-11-21T09:00:00+08:00', false],
  ])('find who is silent while visits are due: %s', (_, device, first_visit_at, expected) => {
    expect(fitsPeople(person({ device, first_visit_at }), 'silent_today', when)).toBe(expected)
  })
  it.each([
    [1, '2026-11-20T11:59:00+08:00', true],
    [1, '2026-11-20T12:01:00+08:00', false],
    [0, null, false],
    [null, null, false],
  ])('find records that wait for more than a day: %s since %s', (waiting, oldest_waiting_at, expected) => {
    expect(fitsPeople(person({ device: phone({ waiting, oldest_waiting_at }) }), 'stale', when)).toBe(expected)
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
  it('say how a phone is, and nothing that it never said', () => {
    const line = (values: Partial<PhoneSeen> = {}) => phoneLine({ device: phone(values) }, NOW).join(' · ')
    expect(line({ waiting: 3 })).toBe('最后联系 11:58 · 3 条待传 · 版本 1.2 · 存储已保护')
    expect(line({ persisted: false, standalone: false })).toBe('最后联系 11:58 · 没有待传 · 版本 1.2 · 存储未保护 · 没装到桌面')
    expect(line({ last_seen_at: '2026-11-20T09:12:00+08:00', waiting: null, app_version: null, persisted: null, standalone: null })).toBe('最后联系 11月20日 09:12')
    expect(line({ last_seen_at: null, waiting: null, app_version: null, persisted: null, standalone: null })).toBe('还没有联系过')
    expect(phoneLine({ device: null }, NOW)).toEqual([])
  })
  it('group a secret, and count down', () => {
    expect(inFours('7KQ2M4XWPA')).toEqual(['7KQ2', 'M4XW', 'PA'])
    expect([600_000, 59_001, 1, 0, -5].map(countdown)).toEqual(['10:00', '1:00', '0:01', '0:00', '0:00'])
  })
})
