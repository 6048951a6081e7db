/** The register says what was decided, in the words of its sheet. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { VerifyState } from '../../src/i18n/common'
import { p } from '../../src/i18n/reports'
import { markOf } from '../../src/office/reports/marks'

test.each([
  ['verified', null],
  ['auto_verified', null],
  ['rejected', 'rejected'],
  ['pending', 'open'],
  ['needs_review', 'open'],
  ['reopened', 'open'],
] satisfies [VerifyState, string | null][])('%s is marked %s', (state, mark) => expect(markOf(state)).toBe(mark))

test('the sheet has the same words', () => {
  const sheet = readFileSync(new URL('../../../backend/doorstep/review/register_sheet.py', import.meta.url), 'utf8')
  for (const word of [p.table.mark_open[0], p.table.mark_rejected[0], p.table.mark_manual[0]]) expect(sheet).toContain(`"${word}"`)
})
