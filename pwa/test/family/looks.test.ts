/** What was changed has words for the family, whatever the server says. */
import { afterEach, expect, test } from 'vitest'
import { changeName, whyOf } from '../../src/family/looks'
import { lang } from '../../src/i18n'

afterEach(() => void (lang.value = 'zh'))

test('every change that the server tells of has its own words', () => {
  const kinds = ['cancelled', 'restored', 'reassigned', 'rescheduled', 'home_moved', 'recorded_by_hand']
  for (const language of ['zh', 'en'] as const) {
    lang.value = language
    expect(new Set([...kinds, 'of_a_later_server'].map(changeName)).size).toBe(kinds.length + 1)
  }
  lang.value = 'zh'
  expect(changeName('restored')).toBe('恢复了这次上门')
})

test('a reason of the list has words, those of an office stay, and there may be none', () => {
  expect(whyOf({ why: null, why_code: 'elder_absent' })).toBe('老人住院或不在家')
  expect(whyOf({ why: '家属来电', why_code: null })).toBe('家属来电')
  expect(whyOf({ why: null, why_code: null })).toBeNull()
})
