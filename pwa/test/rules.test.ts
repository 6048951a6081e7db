/** The four words, and how a visit stands while records are still on the phone. */
import { describe, expect, test } from 'vitest'
import codes from '../../schemas/codes.json'
import type { CheckEvent, DoorEvent, OpState, ReceiptClaims, Verdict, VerifyState } from '../src/api/wire'
import { lang } from '../src/i18n'
import type { Entry } from '../src/outbox/db'
import { findingText, findingTexts, holds } from '../src/rules/findings'
import { adhocRuns, canAnnul, isNews, standing } from '../src/rules/visit'
import { visitWord, wordOf } from '../src/rules/words'

const LISTED = '2026-04-08T02:00:00Z'
const BEFORE = '2026-04-08T01:30:00Z'
const AFTER = '2026-04-08T02:30:00Z'

let seq = 0
interface Given {
  kind?: CheckEvent['kind']
  visit?: string
  visit_id?: string | null
  annuls?: string
  answered?: string | null
  verdict?: Verdict
  codes?: string[]
  touched?: string[]
}
function entry({ kind = 'check_in', visit = 'v1', visit_id = visit, annuls, answered = null, verdict = 'accepted', codes: found = [], touched = [] }: Given = {}): Entry {
  seq++
  const answer: ReceiptClaims | null = answered
    ? { event_id: `e${seq}`, event_hash: '', device_id: 'd', received_at: answered, verdict, codes: found, visits: touched.map((id) => ({ visit_id: id, elder_id: 'p', op_state: 'in_progress', grade: 'A' })) }
    : null
  return {
    device_id: 'd',
    seq,
    event_id: `e${seq}`,
    jws: '',
    hash: '',
    event: { event_id: `e${seq}`, kind, visit_id, annuls: annuls ?? null, claimed_at: BEFORE } as CheckEvent,
    context: { visit_ids: visit ? [visit] : [], elders: [], address: null, service_type: null, day: '2026-04-08' },
    created_at: Date.parse(BEFORE),
    state: answered ? 'answered' : 'waiting',
    receipt: answered ? 'r' : null,
    answer,
    problem: null,
  }
}
const listed = (event_id: string, kind: DoorEvent['kind'], verdict: Verdict = 'accepted'): DoorEvent => ({ event_id, kind, at: BEFORE, verdict, codes: [] })
const visit = (op_state: OpState, events: DoorEvent[] = []) => ({ id: 'v1', op_state, events })

describe('the four words', () => {
  const hold = 'NOT_ASSIGNED'
  const warn = 'LOCATION_MISSING'
  test.each<[string, Entry, VerifyState | undefined, ReturnType<typeof wordOf>]>([
    ['no receipt', entry(), 'none', { word: 'on_phone', refused: false, held: false }],
    ['refused', entry({ answered: AFTER, verdict: 'refused', codes: ['TOKEN_MALFORMED'] }), 'verified', { word: 'reached', refused: true, held: false }],
    ['held', entry({ answered: AFTER, verdict: 'accepted_with_findings', codes: [warn, hold] }), 'needs_review', { word: 'reached', refused: false, held: true }],
    ['only warned', entry({ answered: AFTER, verdict: 'accepted_with_findings', codes: [warn] }), 'pending', { word: 'accepted', refused: false, held: false }],
    ['accepted', entry({ answered: AFTER }), undefined, { word: 'accepted', refused: false, held: false }],
    ['verified by itself', entry({ answered: AFTER }), 'auto_verified', { word: 'counted', refused: false, held: false }],
    ['held, then verified by a person', entry({ answered: AFTER, verdict: 'accepted_with_findings', codes: [hold] }), 'verified', { word: 'counted', refused: false, held: false }],
    ['reopened', entry({ answered: AFTER }), 'reopened', { word: 'accepted', refused: false, held: false }],
    ['rejected', entry({ answered: AFTER }), 'rejected', { word: 'accepted', refused: false, held: false }],
    ['a code of a newer server', entry({ answered: AFTER, verdict: 'accepted_with_findings', codes: ['NEVER_HEARD'] }), 'pending', { word: 'reached', refused: false, held: true }],
  ])('%s', (_, record, verify, expected) => {
    expect(wordOf(record, () => verify)).toEqual(expected)
  })

  test('a record of a couple counts when both visits do', () => {
    const record = entry({ answered: AFTER, touched: ['v1', 'v2'] })
    const states: Record<string, VerifyState> = { v1: 'verified', v2: 'pending' }
    expect(wordOf(record, (id) => states[id]).word).toBe('accepted')
    states.v2 = 'auto_verified'
    expect(wordOf(record, (id) => states[id]).word).toBe('counted')
  })
})

test('a visit has the least word of its records', () => {
  const held = entry({ answered: AFTER, verdict: 'accepted_with_findings', codes: ['NOT_ASSIGNED'] })
  const good = entry({ answered: AFTER, kind: 'check_out' })
  const refused = entry({ answered: AFTER, verdict: 'refused' })
  const word = (...newestFirst: Entry[]) => visitWord(newestFirst, () => 'needs_review')
  expect(word()).toBeNull()
  expect(word(good, held)).toMatchObject({ word: 'reached', held: true })
  expect(word(entry(), good)).toMatchObject({ word: 'on_phone' })
  expect(word(good, refused)).toMatchObject({ word: 'accepted', refused: false })
  expect(word(refused, good)).toMatchObject({ refused: true })
  expect(visitWord([good, held], () => 'verified')).toMatchObject({ word: 'counted' })
})

describe('how a visit stands', () => {
  const state = (of: Parameters<typeof standing>[0], ...entries: Entry[]) => standing(of, entries, LISTED).state
  test('news of the phone goes before the list', () => {
    expect(state(visit('assigned'))).toBe('assigned')
    expect(state(visit('assigned'), entry())).toBe('in_progress')
    expect(state(visit('missed'), entry())).toBe('in_progress')
    expect(state(visit('assigned'), entry(), entry({ kind: 'check_out' }))).toBe('completed')
    expect(state(visit('assigned'), entry({ kind: 'not_served' }))).toBe('not_served')
    expect(state(visit('assigned'), entry({ answered: AFTER }))).toBe('in_progress')
  })
  test('what the list already knows is the list’s to say', () => {
    const known = entry({ answered: BEFORE })
    expect(isNews(known, LISTED)).toBe(false)
    expect(state(visit('completed', [listed(known.event_id, 'check_in')]), known)).toBe('completed')
    expect(state(visit('cancelled'), known)).toBe('cancelled')
  })
  test('refused records change nothing', () => {
    expect(state(visit('assigned'), entry({ answered: AFTER, verdict: 'refused' }))).toBe('assigned')
  })
  test('annulled on the phone', () => {
    const into = entry()
    expect(state(visit('assigned'), into, entry({ kind: 'annul', annuls: into.event_id }))).toBe('assigned')
    const [start, end] = [entry(), entry({ kind: 'check_out' })]
    expect(state(visit('assigned'), start, end, entry({ kind: 'annul', annuls: end.event_id }))).toBe('in_progress')
    const not = entry({ kind: 'not_served' })
    expect(state(visit('assigned'), start, not, entry({ kind: 'annul', annuls: not.event_id }))).toBe('in_progress')
    expect(standing(visit('assigned'), [into, entry({ kind: 'annul', annuls: into.event_id })], LISTED).started_at).toBeNull()
  })
  test('annulled by this caregiver on another phone', () => {
    const again = visit('assigned', [listed('a', 'check_in'), listed('b', 'annul')])
    expect(standing(again, [], LISTED)).toMatchObject({ state: 'assigned', started_at: null })
  })
  test('of two carers each comes and goes for themselves', () => {
    const mine = listed('a', 'check_in')
    expect(standing(visit('in_progress'), [], LISTED)).toMatchObject({ state: 'assigned', colleague: true })
    expect(standing(visit('in_progress', [mine]), [], LISTED)).toMatchObject({ state: 'in_progress', colleague: false })
    expect(standing(visit('in_progress', [mine, listed('b', 'check_out')]), [], LISTED)).toMatchObject({ state: 'completed' })
  })
  test('says whether something waits', () => {
    expect(standing(visit('assigned'), [entry()], LISTED).unsent).toBe(true)
    expect(standing(visit('assigned'), [entry({ answered: AFTER })], LISTED).unsent).toBe(false)
  })
})

describe('taking back', () => {
  const now = Date.parse(BEFORE)
  test('a quarter of an hour, once, and not an annulment itself', () => {
    const one = entry()
    expect(canAnnul(one, [one], now + 14 * 60_000)).toBe(true)
    expect(canAnnul(one, [one], now + 15 * 60_000)).toBe(false)
    expect(canAnnul(one, [one], now - 1)).toBe(false)
    const annul = entry({ kind: 'annul', annuls: one.event_id })
    expect(canAnnul(one, [one, annul], now)).toBe(false)
    expect(canAnnul(annul, [one, annul], now)).toBe(false)
    const failed = entry({ kind: 'annul', annuls: one.event_id, answered: AFTER, verdict: 'refused' })
    expect(canAnnul(one, [one, failed], now)).toBe(true)
  })
})

describe('unplanned visits', () => {
  test('stay on the list until the server lists them', () => {
    const run = entry({ visit: '', visit_id: null, answered: AFTER, touched: ['v9'] })
    expect(adhocRuns([run], new Set())).toEqual([run])
    expect(adhocRuns([run], new Set(['v9']))).toEqual([])
    const annul = entry({ kind: 'annul', annuls: run.event_id })
    expect(adhocRuns([run, annul], new Set())).toEqual([])
    expect(adhocRuns([entry({ visit: '', visit_id: null, answered: AFTER, verdict: 'refused' })], new Set())).toEqual([])
  })
})

describe('findings', () => {
  test.each(Object.entries(codes.findings))('%s says what and what next in both languages', (code, text) => {
    expect(['info', 'warn', 'hold', 'refuse']).toContain(text.severity)
    for (const language of ['zh', 'en'] as const) {
      lang.value = language
      const { what, next } = findingText(code)
      expect(what.length).toBeGreaterThan(2)
      expect(next.length).toBeGreaterThan(1)
      if (language === 'en') expect(what + next).not.toMatch(/[\u4e00-\u9fff]/)
    }
    lang.value = 'zh'
  })
  test.each(Object.entries(codes.problems))('problem %s has a title in both languages and a status', (_, text) => {
    expect(text.zh).toMatch(/[\u4e00-\u9fff]/)
    expect(text.en).not.toMatch(/[\u4e00-\u9fff]/)
    expect(text.status).toBeGreaterThanOrEqual(400)
  })
  test('the gravest comes first', () => {
    expect(findingTexts(['LOCATION_MISSING', 'TOKEN_MALFORMED', 'NOT_ASSIGNED']).map(({ code }) => code)).toEqual(['TOKEN_MALFORMED', 'NOT_ASSIGNED', 'LOCATION_MISSING'])
    expect(holds(['LOCATION_MISSING'])).toBe(false)
    expect(holds(['LOCATION_MISSING', 'NOT_ASSIGNED'])).toBe(true)
  })
})
