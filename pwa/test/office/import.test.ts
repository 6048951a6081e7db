import { describe, expect, it } from 'vitest'
import type { Role } from '../../src/api/wire'
import { mayDispatch, mayOpen, NAV } from '../../src/office/access'
import { fileFault, megabytes, MOST_BYTES, reportName } from '../../src/office/files'
import { isRunning, rowsIn, toWrite } from '../../src/office/run-looks'

describe('a file before it is sent', () => {
  it.each([
    ['名册.xlsx', 1, null],
    ['名册.XLS', 1, null],
    ['名册.csv', MOST_BYTES, null],
    ['名册.csv', MOST_BYTES + 1, 'big'],
    ['名册.xlsx', 0, 'empty'],
    ['名册.pdf', 1, 'kind'],
    ['xlsx', 1, 'kind'],
  ])('%s with %i bytes: %s', (name, size, fault) => expect(fileFault({ name, size })).toBe(fault))
  it('has words for its size and its report', () => {
    expect(megabytes(12_345_678)).toBe('12.3')
    expect(reportName('roster-2026.xlsx')).toBe('roster-2026-report.json')
    expect(reportName('.csv')).toBe('import-report.json')
  })
})

it('counts what would be written', () => {
  const counts = { created: 3, updated: 2, unchanged: 10, refused: 1 }
  expect(toWrite(counts)).toBe(5)
  expect(rowsIn(counts)).toBe(16)
  expect((['reading', 'previewed', 'applying', 'applied', 'failed'] as const).filter((state) => isRunning({ state }))).toEqual(['reading', 'applying'])
})

describe('roles', () => {
  const places = (role: Role) => NAV.filter((item) => mayOpen(role, item.place)).map((item) => item.place)
  it('see their own places', () => {
    expect(places('dispatcher')).toEqual(['today', 'review', 'feedback', 'elders', 'caregivers', 'register', 'cards', 'hand_in'])
    expect(places('manager')).toEqual(['today', 'review', 'feedback', 'elders', 'caregivers', 'samples', 'figures', 'register', 'cards', 'import', 'hand_in', 'audit'])
    expect(places('officer')).toEqual(['today', 'review', 'feedback', 'elders', 'samples', 'figures', 'register', 'import', 'audit'])
    expect(places('auditor')).toEqual(['today', 'review', 'feedback', 'elders', 'samples', 'figures', 'register', 'audit'])
  })
  it('only send people when they may', () => {
    expect((['dispatcher', 'manager', 'officer', 'auditor', 'admin'] as Role[]).filter(mayDispatch)).toEqual(['dispatcher', 'manager', 'admin'])
  })
})
