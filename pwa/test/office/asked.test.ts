/** What an auditor asked for, as the trail says it. */
import { expect, test } from 'vitest'
import { findingText } from '../../src/i18n/remedies'
import { askedText } from '../../src/office/reports/asked'

test('a period ends with its last day, filters have their words', () => {
  expect(askedText({ since: '2026-11-01', until: '2026-12-01', by: 'caregiver', step: 'week' })).toBe('2026/11/01 到 2026/11/30 · 按护理员分 · 一格一周')
  expect(askedText({ day: '2026-11-02', op_state: 'held' })).toBe('2026/11/02 · 有问题')
  expect(askedText({ only: 'without_card' })).toBe('没有卡')
  expect(askedText({ state: 'closed', kind: 'object' })).toBe('已答复 · 意见')
  expect(askedText({ state: 'all', kind: 'confirm' })).toBe('全部 · 确认没问题')
})

test('a cause has the words of its finding, a provider its number', () => {
  expect(askedText({ group: 'must_fix', cause: 'ELDER_DECEASED' })).toBe(`必须查清 · ${findingText('ELDER_DECEASED')}`)
  expect(findingText('ELDER_DECEASED')).toMatch(/去世/)
  expect(askedText({ cause: 'GRADE', provider_id: '01a2' })).toBe('证据等级低，需要人看一眼 · 机构编号 01a2')
})

test('a moment is told as one, alone too', () => {
  expect(askedText({ since: '2026-11-01T08:30:00+08:00', operation: 'figures' })).toBe('11月1日 08:30 起')
  expect(askedText({ until: '2026-11-02' })).toBe('到 2026/11/01')
})

test('what has no words is left out', () => {
  expect(askedText({})).toBe('')
  expect(askedText({ by: 'toString', state: 'toString', kind: 'constructor', op_state: 'none' })).toBe('')
})
