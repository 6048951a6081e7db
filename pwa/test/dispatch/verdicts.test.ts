/** Why a clock was wrong, in words that an office understands; the same table of clocks as the server's. */
import { beforeEach, describe, expect, test } from 'vitest'
import law from '../../../schemas/examples/rules.json'
import { timeCause, zoneText } from '../../src/dispatch/verdicts'
import { lang } from '../../src/i18n'

interface Clock {
  name: string
  findings: Record<string, Record<string, unknown>>
}
const CLOCKS = law.clocks as unknown as Clock[]
const told = CLOCKS.flatMap(({ name, findings }) =>
  Object.entries(findings)
    .filter(([, data]) => data.cause || data.reason)
    .map(([code, data]) => [`${name}: ${code}`, code, data] as const),
)

describe('why the time is doubted', () => {
  beforeEach(() => {
    lang.value = 'zh'
  })
  test.each(told)('%s', (_, code, data) => {
    expect(timeCause({ code, data })).toMatch(/[\u4e00-\u9fff]{4}/)
    lang.value = 'en'
    expect(timeCause({ code, data })).not.toMatch(/[\u4e00-\u9fff]/)
  })
  test('each cause has a sentence of its own', () => {
    const causes = ['zone', 'year', 'jump', 'steady', 'restart', 'unknown']
    expect(new Set(causes.map((cause) => timeCause({ code: 'CLOCK', data: { cause } }))).size).toBe(causes.length)
  })
  test('with its figures', () => {
    expect(timeCause({ code: 'CLOCK', data: { cause: 'jump', jump_s: -7200 } })).toContain('调慢了 2 小时')
    expect(timeCause({ code: 'CLOCK', data: { cause: 'zone', zone_min: 540 } })).toContain('UTC+9')
    expect(timeCause({ code: 'CLOCK_FAR', data: { cause: 'steady', zone_min: 330 } })).toContain('UTC+5:30')
    expect(timeCause({ code: 'TIME_UNPROVEN', data: { reason: 'restarted', restarts: 3 } })).toContain('3 次')
  })
  test('records of before say nothing of it', () => {
    expect(timeCause({ code: 'CLOCK', data: { seconds: 600 } })).toBeNull()
    expect(timeCause({ code: 'TOO_SHORT', data: { cause: 'year' } })).toBeNull()
  })
  test('zones west of Greenwich', () => expect(zoneText(-210)).toBe('UTC-3:30'))
})
