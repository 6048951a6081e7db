/** A push message read, put into words without any name, and led to its page. */
import { describe, expect, test } from 'vitest'
import type { PushMessage, ReminderKind } from '../../src/api/wire-reminders'
import schema from '../../../schemas/push-message.schema.json'
import { PUSH } from '../../src/i18n/push'
import { audienceOf, pageOf, readMessage, textOf } from '../../src/push/message'

const whole: PushMessage = { v: 1, id: 'r1', kind: 'next_call', visit: 'v1', at: '08:30', day: '2026-11-22', topic: 'abc', useless: '2026-11-22T00:40:00Z' }
const text = (more: object = {}) => JSON.stringify({ ...whole, ...more })

describe('reading', () => {
  test('one of ours', () => expect(readMessage(text())).toEqual(whole))
  test.each(schema.$defs.PushPayload.properties.kind.enum)('the server may send: %s', (kind) => {
    const message = readMessage(text({ kind }))
    expect(message?.kind).toBe(kind)
    expect(textOf(message, 'zh').title).not.toBe(textOf(null, 'zh').title)
  })
  test.each([
    ['nothing', undefined],
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['a later version', text({ v: 2 })],
    ['an unknown kind', text({ kind: 'raffle' })],
    ['no id', text({ id: '' })],
    ['no topic', text({ topic: '' })],
    ['a visit that is no text', text({ visit: 7 })],
  ])('%s is not', (_, given) => expect(readMessage(given)).toBeNull())
})

describe('words', () => {
  test('with the time, in both languages', () => {
    expect(textOf(whole, 'zh')).toEqual({ title: '08:30 有一次上门', body: '点开看去哪一家。' })
    expect(textOf(whole, 'en').title).toBe('A visit at 08:30')
    expect(textOf({ kind: 'visit_changed', at: '08:30', day: '2026-11-02' }, 'zh').title).toBe('11月2日 08:30 上门有变动')
  })
  test('a hole without a value leaves no gap', () => {
    expect(textOf({ kind: 'visit_changed', at: null, day: null }, 'zh').title).toBe('上门有变动')
    expect(textOf({ kind: 'still_open', at: null, day: null }, 'en').title).toBe('A visit is still open')
  })
  test('every kind has a title and a body', () => {
    for (const kind of [...Object.keys(PUSH)].flatMap((key) => /^push_(\w+)_body$/.exec(key)?.[1] ?? [])) {
      const { title, body } = textOf(kind === 'unread' ? null : { kind: kind as ReminderKind, at: '08:30', day: '2026-11-22' }, 'zh')
      expect(title && body, kind).toBeTruthy()
      expect(title + body, kind).not.toMatch(/[{}]/)
    }
  })
})

describe('where a click leads', () => {
  test.each([
    ['next_call', 'v1', '/door/visit/v1'],
    ['records_waiting', null, '/door/records'],
    ['certificate_ending', null, '/door'],
    ['visit_late', 'v1', '/dispatch/visits/v1'],
    ['caregiver_unreached', null, '/dispatch/reminders'],
    ['arrived', 'v1', '/family/visit/v1'],
    ['visit_changed', null, '/door'],
  ] as const)('%s', (kind, visit, page) => expect(pageOf({ kind, visit }, audienceOf(kind) ?? 'caregiver')).toBe(page))
  test('a test belongs to whoever asked for it', () => {
    expect(audienceOf('test')).toBeNull()
    expect(pageOf({ kind: 'test', visit: null }, 'caregiver')).toBe('/door/settings/reminders')
    expect(pageOf({ kind: 'test', visit: null }, 'dispatcher')).toBe('/dispatch/reminders/settings')
  })
})
