/** What the caregiver's screens are computed from: cards, homes, positions, the day's calls. */
import './support'
import { beforeEach, describe, expect, test } from 'vitest'
import tokens from '../../schemas/examples/household-token.json'
import type { CheckEvent, DoorVisit } from '../src/api/wire'
import { platformName } from '../src/door/enrol'
import { carried, keptDays } from '../src/door/days'
import { callsOfCard, matchCard, sameHome, windowsMeet } from '../src/door/match'
import { asFix, better, positionNow } from '../src/door/position'
import { ackOf, acknowledgeSafety, adhocId, type Call, callOf, calls, handOver, isOpen, isRunning, progress, recordsOf, takeOver, unsafe, wireVisitId } from '../src/door/state'
import { contentsOf, emergencyOf, safetyOf } from '../src/i18n/services'
import { entries, type Entry } from '../src/outbox'
import { civilDay } from '../src/ui/format'
import { showDay } from './kept'

const [first, second] = tokens.valid as [(typeof tokens.valid)[0], (typeof tokens.valid)[0]]

function visit(id: string, more: Partial<DoorVisit> & { home?: string; code?: typeof first; who?: string; from?: string; to?: string } = {}): DoorVisit {
  const { home = 'h1', code = first, who = `elder-${id}`, from = '09:00', to = '10:00', ...rest } = more
  return {
    id,
    service_type: 'bathing',
    content: 'bath_at_home',
    window_start: `2026-04-08T${from}:00+08:00`,
    window_end: `2026-04-08T${to}:00+08:00`,
    op_state: 'assigned',
    verify_state: 'none',
    settle_state: 'unsettled',
    grade: null,
    elder: { id: who, name: who, sex: 'female', age: 80 },
    household: { id: home, address: '', community: '', access_notes: null, code_salt: code.code_salt, code_hash: code.code_hash },
    carers_needed: 1,
    colleagues: [],
    min_minutes: 30,
    max_minutes: 60,
    tasks: [],
    risks: [],
    emergency_procedure: null,
    safety_procedure: null,
    events: [],
    ...rest,
  }
}

function list(...visits: DoorVisit[]): Call[] {
  showDay(civilDay(Date.now()), visits, '2026-04-08T00:00:00Z')
  return calls.value
}

beforeEach(() => {
  entries.value = []
  carried.value = null
  keptDays.value = new Map()
  progress.value = {}
})

describe('whose card', () => {
  const other = (id: string, more = {}) => visit(id, { home: 'h2', code: second, ...more })
  test('is found without network', async () => {
    const all = list(visit('a'), other('b'))
    const call = all[0] as Call
    expect((await callsOfCard(second.token, all)).map((one) => one.visit.id)).toEqual(['b'])
    expect(await matchCard(first.token, call, all)).toEqual({ kind: 'same' })
    expect(await matchCard(second.token, call, all)).toMatchObject({ kind: 'other', calls: [{ visit: { id: 'b' } }] })
    expect(await matchCard(`1${'Z'.repeat(26)}`, call, all)).toEqual({ kind: 'stranger' })
    expect(await matchCard(null, call, all)).toEqual({ kind: 'unknown' })
  })
  test('the card that began an unplanned visit ends it', async () => {
    const all = list(visit('a'))
    const run = { ...(all[0] as Call), adhoc: true, token: second.token }
    expect(await matchCard(second.token, run, all)).toEqual({ kind: 'same' })
    expect(await matchCard(`1${'Z'.repeat(26)}`, run, all)).toEqual({ kind: 'stranger' })
    expect(await matchCard(second.token, { ...run, token: null }, all)).toEqual({ kind: 'unknown' })
  })
  test('a home without a hash cannot be compared', async () => {
    const bare = visit('a')
    bare.household = { ...bare.household, code_salt: null, code_hash: null }
    const all = list(bare)
    expect(await matchCard(first.token, all[0] as Call, all)).toEqual({ kind: 'unknown' })
  })
})

describe('one home', () => {
  test('a couple goes together, each elder once, the nearest call of each', () => {
    const all = list(visit('bath', { who: 'she' }), visit('lunch-she', { who: 'she', from: '11:30', to: '12:00' }), visit('lunch-he', { who: 'he', from: '11:30', to: '12:00' }), visit('clean-he', { who: 'he', from: '09:30', to: '10:30' }), visit('away', { home: 'h2' }))
    const together = sameHome(callOf('bath') as Call, all)
    expect(together.map((one) => one.visit.id)).toEqual(['bath', 'clean-he'])
    expect(windowsMeet(together[0] as Call, together[1] as Call)).toBe(true)
    expect(windowsMeet(callOf('bath') as Call, callOf('lunch-he') as Call)).toBe(false)
  })
})

describe('position', () => {
  const clocks = { now: () => 10_000, perf: () => 500 }
  const seen = (latitude: number, longitude: number, accuracy: number, timestamp = 9_000) => ({ coords: { latitude, longitude, accuracy }, timestamp }) as GeolocationPosition
  test('nonsense is no position', () => {
    for (const bad of [seen(Number.NaN, 1, 1), seen(91, 1, 1), seen(1, 181, 1), seen(1, 1, Number.POSITIVE_INFINITY)]) expect(asFix(bad, clocks)).toBeNull()
  })
  test('age is counted on, whatever the wall clock does', () => {
    const fix = asFix(seen(39.92191234567, 116.4431, 35.04), clocks)
    expect(fix).toEqual({ lat: 39.921912, lon: 116.4431, accuracy_m: 35, age_ms: 1000, at: 500 })
    const later = { now: () => 0, perf: () => 2500 }
    expect(positionNow({ busy: false, fix, error: null }, later)).toEqual({ position: { lat: 39.921912, lon: 116.4431, accuracy_m: 35, age_ms: 3000 }, position_error: null })
    expect(asFix(seen(1, 1, 1, 99_000), clocks)?.age_ms).toBe(0)
  })
  test('the better one stays for a minute', () => {
    const good = { lat: 1, lon: 1, accuracy_m: 10, age_ms: 0, at: 0 }
    const bad = { ...good, accuracy_m: 900, at: 30_000 }
    expect(better(null, bad)).toBe(bad)
    expect(better(good, bad)).toBe(good)
    expect(better(good, { ...bad, at: 61_000 }).accuracy_m).toBe(900)
    expect(better(bad, good)).toBe(good)
  })
  test('never waited for', () => {
    expect(positionNow({ busy: true, fix: null, error: null })).toEqual({ position: null, position_error: 'timeout' })
    expect(positionNow({ busy: false, fix: null, error: 'denied' })).toEqual({ position: null, position_error: 'denied' })
  })
})

describe('an unplanned visit', () => {
  const scan = (more: Partial<Entry> = {}): Entry => ({
    device_id: 'd',
    seq: 1,
    event_id: 'x1',
    jws: '',
    hash: '',
    event: { event_id: 'x1', kind: 'check_in', visit_id: null, annuls: null, claimed_at: '2026-04-08T01:00:00Z', service_type: 'meal', content: 'delivery' } as CheckEvent,
    context: { visit_ids: [], elders: [{ id: 'p1', name: '孙玉兰' }, { id: 'p2', name: '周福生' }], address: null, service_type: 'meal', day: civilDay(Date.now()) },
    created_at: 0,
    state: 'waiting',
    receipt: null,
    answer: null,
    problem: null,
    ...more,
  })
  const out = (id: string): Entry => {
    const entry = scan({ seq: 2, event_id: 'x2' })
    return { ...entry, event: { ...entry.event, event_id: 'x2', kind: 'check_out' }, context: { ...entry.context, visit_ids: [id] } }
  }
  const receipt = { event_id: 'x1', event_hash: '', device_id: 'd', received_at: '2026-04-08T01:00:05Z', verdict: 'accepted' as const, codes: [], visits: [{ visit_id: 'v9', elder_id: 'p1', op_state: 'in_progress' as const, grade: null }] }

  test('runs at once, with the catalogue’s tasks, and ends', () => {
    entries.value = [scan()]
    const call = calls.value[0] as Call
    expect(call).toMatchObject({ adhoc: true, visit: { id: adhocId('x1') }, standing: { state: 'in_progress' } })
    expect(call.elders).toHaveLength(2)
    expect(call.visit.tasks.length).toBeGreaterThan(0)
    expect(wireVisitId(call, [call])).toBeNull()
    entries.value = [scan(), out(adhocId('x1'))]
    expect(calls.value[0]?.standing.state).toBe('completed')
    const answered = { ...out(adhocId('x1')), state: 'answered' as const, answer: { ...receipt, event_id: 'x2' } }
    list()
    entries.value = [scan({ state: 'answered', answer: { ...receipt, visits: [] } }), answered]
    expect(calls.value[0]?.standing.state).toBe('completed')
  })

  const of = (content: string): Call => {
    const entry = scan()
    entries.value = [{ ...entry, event: { ...entry.event, service_type: 'bathing', content } }]
    return calls.value[0] as Call
  }

  test('a bath asks for its rules, on a phone that has never seen a planned one', async () => {
    const bath = of('bath_at_home')
    expect(bath.visit.safety_procedure).toMatchObject({ id: 'bathing-safety', version: expect.any(String) })
    expect(bath.visit.safety_procedure?.zh.length).toBeGreaterThan(3)
    expect(bath.visit.safety_procedure?.en).toHaveLength(bath.visit.safety_procedure?.zh.length ?? 0)
    expect(unsafe([bath])).toBe(bath)
    const acknowledged = acknowledgeSafety([bath])
    expect(unsafe([bath]), 'the next step does not wait for the storage').toBeUndefined()
    await acknowledged
    expect(progress.value[bath.visit.id]?.acknowledged).toEqual([`bathing-safety@${bath.visit.safety_procedure?.version}`])
  })

  test('of a couple’s two baths each is acknowledged at once', () => {
    const rules = safetyOf('bath_at_home')
    const both = list(visit('a', { safety_procedure: rules }), visit('b', { safety_procedure: rules }))
    expect(unsafe(both)).toBe(both[0])
    void acknowledgeSafety(both)
    expect(unsafe(both)).toBeUndefined()
  })

  test('what else is done has no rules of its own; every one has the emergency procedure', () => {
    for (const type of ['meal', 'cleaning', 'bathing', 'medical'] as const) {
      for (const content of contentsOf(type)) {
        const call = of(content)
        expect(call.visit.safety_procedure?.id ?? null, content).toBe(content === 'bath_at_home' ? 'bathing-safety' : null)
        expect(unsafe([call]) === undefined, content).toBe(content !== 'bath_at_home')
        expect(call.visit.emergency_procedure?.id, content).toBe('emergency')
      }
    }
    expect(emergencyOf()?.zh.length).toBeGreaterThan(3)
    expect(ackOf({ id: 'emergency', version: '7' })).toBe('emergency@7')
    expect(safetyOf('unheard_of')).toBeNull()
  })

  test('is the server’s visit as soon as it is listed, under both names', () => {
    entries.value = [scan({ state: 'answered', answer: receipt }), out(adhocId('x1'))]
    expect(wireVisitId(calls.value[0] as Call, [calls.value[0] as Call])).toBe('v9')
    list(visit('v9', { op_state: 'in_progress', events: [{ event_id: 'x1', kind: 'check_in', at: '2026-04-08T01:00:00Z', verdict: 'accepted', codes: [] }] }))
    expect(calls.value.map((call) => call.visit.id)).toEqual(['v9'])
    expect(callOf(adhocId('x1'))?.standing.state).toBe('completed')
    expect(recordsOf('v9').map((entry) => entry.event_id)).toEqual(['x2', 'x1'])
  })
})

test('a scan is handed on once', () => {
  const captured = { token: first.token, short_code: null, secret: null, capture: 'camera' as const }
  handOver(captured)
  expect(takeOver()).toBe(captured)
  expect(takeOver()).toBeNull()
})

test('open and running are told apart', () => {
  const [open, running] = list(visit('a'), visit('b', { from: '10:00', op_state: 'in_progress', events: [{ event_id: 'e', kind: 'check_in', at: '2026-04-08T02:00:00Z', verdict: 'accepted', codes: [] }] })) as [Call, Call]
  expect([isOpen(open), isRunning(open), isOpen(running), isRunning(running)]).toEqual([true, false, false, true])
})

test.each([
  ['Mozilla/5.0 (Linux; Android 12; HarmonyOS; ANA-AN00) AppleWebKit/537.36 Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36', 'HarmonyOS · HuaweiBrowser 15'],
  ['Mozilla/5.0 (Linux; Android 13; 23013RK75C) AppleWebKit/537.36 Chrome/109.0 Mobile Safari/537.36 MicroMessenger/8.0.47', 'Android · MicroMessenger 8'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1', 'iPhone · Safari 17'],
  ['strange', 'other'],
])('platform of %s', (agent, name) => expect(platformName(agent)).toBe(name))
