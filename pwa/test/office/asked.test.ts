/** What an auditor asked for, as the trail says it. */
import { expect, test } from 'vitest'
import { askedText } from '../../src/office/reports/asked'

test('a period ends with its last day, filters have their words', () => {
  expect(askedText({ since: '2026-11-01', until: '2026-12-01', by: 'caregiver', step: 'week' })).toBe('2026/11/01 到 2026/11/30 · 按护理员分 · 一格一周')
  expect(askedText({ day: '2026-11-02', op_state: 'held' })).toBe('2026/11/02')
  expect(askedText({ group: 'must_fix', cause: 'OFF_SITE' })).toBe('必须查清')
})

test('a moment is told as one, alone too', () => {
  expect(askedText({ since: '2026-11-01T08:30:00+08:00', operation: 'figures' })).toBe('11月1日 08:30 起')
  expect(askedText({ until: '2026-11-02' })).toBe('到 2026/11/01')
})

test('what has no words is left out', () => {
  expect(askedText({})).toBe('')
  expect(askedText({ by: 'toString', provider_id: '01a2' })).toBe('')
})
