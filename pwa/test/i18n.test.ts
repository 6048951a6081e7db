/** Every word has both languages, and no word stands outside the catalogue. */
import { describe, expect, test } from 'vitest'
import { lang, type Pair, say } from '../src/i18n'

const modules = import.meta.glob<Record<string, unknown>>('../src/i18n/*.ts', { eager: true })
const sources = import.meta.glob<string>(['../src/**/*.{ts,tsx}', '!../src/i18n/**'], { eager: true, query: '?raw', import: 'default' })

const tables = Object.entries(modules).flatMap(([file, exports]) =>
  Object.values(exports).flatMap((value) => {
    const table = (value as { table?: Record<string, Pair> } | null)?.table
    return table ? [[file, table] as const] : []
  }),
)
const HAN = /[\u4e00-\u9fff]/
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort()

describe('catalogue', () => {
  test('is found', () => expect(tables.length).toBeGreaterThanOrEqual(3))

  test.each(tables)('%s is complete', (file, table) => {
    for (const [key, [zh, en]] of Object.entries(table)) {
      const where = `${file} ${key}`
      expect(zh.trim() && en.trim(), where).toBeTruthy()
      expect(holes(en), where).toEqual(holes(zh))
      // Chinese inside English only where it names a thing that is so called, such as a sheet.
      if (key !== 'switch_language') for (const [han] of en.matchAll(/[\u4e00-\u9fff]+/g)) expect(zh, where).toContain(han)
    }
  })

  test('no Chinese text outside it', () => {
    const found: string[] = []
    for (const [file, text] of Object.entries(sources)) {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
      for (const line of code.split('\n')) if (HAN.test(line)) found.push(`${file}: ${line.trim()}`)
    }
    expect(found).toEqual([])
  })

  test('a pair follows the language, and holes are filled', () => {
    const pair = ['还有 {n} 条', '{n} left'] as const
    lang.value = 'en'
    expect(say(pair, { n: 3 })).toBe('3 left')
    lang.value = 'zh'
    expect(say(pair, { n: 3 })).toBe('还有 3 条')
    expect(say(pair, {})).toBe('还有 {n} 条')
  })
})
