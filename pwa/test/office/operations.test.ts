/** Whoever reads the audit trail reads words, whatever was done. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OPERATIONS } from '../../src/i18n/operations'

const spec = JSON.parse(readFileSync(new URL('../../../schemas/openapi.json', import.meta.url), 'utf8')) as { paths: Record<string, Record<string, { operationId?: string }>> }
const operations = Object.values(spec.paths).flatMap((methods) => Object.values(methods).flatMap(({ operationId }) => operationId ?? []))

test('every operation of the API has words', () => {
  expect(operations.length).toBeGreaterThan(100)
  expect(operations.filter((name) => !(name in OPERATIONS))).toEqual([])
})

test('no words are left of an operation that is gone', () => {
  expect(Object.keys(OPERATIONS).filter((name) => !operations.includes(name))).toEqual([])
})
