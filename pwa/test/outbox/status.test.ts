/** What the office hears of this phone: only news, never in the way, and with honest times. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { PhoneStatus } from '../../src/api/wire'
import type { Entry } from '../../src/outbox/db'
import { toBase64url, utf8 } from '../../src/outbox/bytes'

const part = (value: unknown) => toBase64url(utf8(JSON.stringify(value)))
const anchor = (at: string) => `${part({ alg: 'HS256' })}.${part({ at, device: 'd1' })}.${part('')}`

const entry = (values: { state?: Entry['state']; created_at?: number; anchor?: string | null; elapsed_ms?: number | null } = {}) =>
  ({
    state: values.state ?? 'waiting',
    created_at: values.created_at ?? Date.parse('2026-11-21T01:00:00Z'),
    event: { anchor: values.anchor ?? null, elapsed_ms: values.elapsed_ms ?? null },
  }) as Entry

function office(...answers: (number | Error)[]) {
  const heard: PhoneStatus[] = []
  const ask = (async (_: unknown, init?: RequestInit) => {
    const answer = answers.shift() ?? 204
    if (answer instanceof Error) throw answer
    heard.push(JSON.parse(String(init?.body)) as PhoneStatus)
    return new Response(null, { status: answer })
  }) as typeof fetch
  return { heard, ask }
}

let tellOffice: typeof import('../../src/outbox/status').tellOffice
beforeEach(async () => {
  vi.resetModules()
  vi.stubGlobal('__APP_VERSION__', '1.2')
  tellOffice = (await import('../../src/outbox/status')).tellOffice
})

describe('the office is told', () => {
  test('what waits, since when, and the version; what cannot be known is null', async () => {
    const { heard, ask } = office()
    await tellOffice('d1', [entry({ state: 'answered' }), entry(), entry({ state: 'set_aside', created_at: Date.parse('2026-11-20T01:00:00Z') })], ask)
    expect(heard).toEqual([{ waiting: 2, oldest_waiting_at: '2026-11-20T01:00:00.000Z', persisted: null, standalone: null, app_version: '1.2' }])
  })

  test('only what is new', async () => {
    const { heard, ask } = office()
    expect(await tellOffice('d1', [entry()], ask)).toBe(true)
    expect(await tellOffice('d1', [entry()], ask)).toBe(false)
    expect(await tellOffice('d1', [], ask)).toBe(true)
    expect(await tellOffice('d2', [], ask)).toBe(true)
    expect(heard.map((one) => one.waiting)).toEqual([1, 0, 0])
  })

  test('again when it was not heard', async () => {
    const { heard, ask } = office(new TypeError('no network'), 503, 204)
    for (const expected of [false, false, true, false]) expect(await tellOffice('d1', [], ask)).toBe(expected)
    expect(heard.length).toBe(2)
  })

  test('nothing before the phone is somebody’s', async () => {
    const { heard, ask } = office()
    expect(await tellOffice(undefined, [entry()], ask)).toBe(false)
    expect(heard).toEqual([])
  })

  test('by the server’s time, where the phone holds it: a clock a year behind is not a year of waiting', async () => {
    const { heard, ask } = office()
    const year_behind = Date.parse('2025-11-21T01:00:00Z')
    await tellOffice('d1', [entry({ created_at: year_behind, anchor: anchor('2026-11-21T08:00:00Z'), elapsed_ms: 3_600_000 })], ask)
    await tellOffice('d1', [entry({ created_at: year_behind, anchor: 'rubbish', elapsed_ms: 1 })], ask)
    expect(heard.map((one) => one.oldest_waiting_at)).toEqual(['2026-11-21T09:00:00.000Z', '2025-11-21T01:00:00.000Z'])
  })
})
