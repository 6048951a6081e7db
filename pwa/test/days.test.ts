/** The phone's days from end to end: asked for by cursor, kept over a restart, shown without a network, given up at revocation. */
import { deleteDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DoorCall, DoorSync } from '../src/api/wire'
import { dayAfter } from '../src/outbox/days'
import { getMeta } from '../src/outbox/db'
import * as queue from '../src/outbox/queue'
import { civilDay } from '../src/ui/format'
import { answer } from './kept'
import { CONTEXT, enrol, makeEnv, problem } from './support'

const TODAY = civilDay(Date.now())
const on = (n: number) => dayAfter(TODAY, n)
const at = (day: string, time: string) => `${day}T${time}:00+08:00`

const call = (id: string, day: string, more: Partial<DoorCall> = {}): DoorCall => ({
  id,
  service_type: 'meal',
  content: 'delivery',
  window_start: at(day, '11:00'),
  window_end: at(day, '12:30'),
  op_state: 'assigned',
  verify_state: 'none',
  settle_state: 'unsettled',
  grade: null,
  elder: { id: `elder-${id}`, name: '王秀英', sex: 'female', age: 82 },
  household: { id: 'h1', address: '甜水园 1-2-301', community: '', access_notes: null, code_salt: null, code_hash: null },
  carers_needed: 1,
  colleagues: [],
  min_minutes: 3,
  max_minutes: 60,
  tasks: ['meal_handed'],
  risks: [],
  emergency_procedure: 'emergency@1',
  safety_procedure: null,
  events: [],
  facts: {},
  ...more,
})

const whole = (more: Partial<DoorSync> = {}): DoorSync => {
  const days = Array.from({ length: 9 }, (_, n) => ({ day: on(n - 1), visits: [call(`v${n - 1}`, on(n - 1))] }))
  return answer({ server_time: new Date().toISOString(), first_day: on(-1), last_day: on(7), days, ...more })
}

let asked: string[] = []
/** What the server says, one after the other; then there is no network. */
function server(...answers: (DoorSync | Response)[]) {
  asked = []
  vi.stubGlobal('fetch', async (address: string) => {
    if (!String(address).includes('/door/sync')) throw new TypeError('no network')
    asked.push(String(address))
    const next = answers.shift()
    if (!next) throw new TypeError('no network')
    return next instanceof Response ? next : Response.json(next)
  })
}

/** The app as it opens: modules without any memory, over the same disk. */
async function open() {
  vi.resetModules()
  const [outbox, days, state] = await Promise.all([import('../src/outbox'), import('../src/door/days'), import('../src/door/state')])
  await outbox.reload()
  return { outbox, days, state }
}

beforeEach(async () => {
  server()
  const { outbox } = await open()
  await enrol(await outbox.db())
})
afterEach(async () => {
  const { db } = await import('../src/outbox')
  ;(await db()).close()
  await deleteDB('doorstep')
  vi.unstubAllGlobals()
})

describe('the days', () => {
  test('are there after a restart without a network, all of them', async () => {
    const first = await open()
    server(whole({ month_used: { m: 3 } }))
    await first.state.loadDay()
    expect(asked).toEqual(['/api/v1/door/sync'])
    const { days, state, outbox } = await open()
    await days.readKept()
    await state.loadDay()
    expect(days.dayProblem.value?.code).toBe('OFFLINE')
    expect(days.daysAhead.value).toEqual(Array.from({ length: 8 }, (_, n) => on(n)))
    expect(state.calls.value.map((one) => one.visit.id)).toEqual(['v0'])
    expect(days.listed.value.get(on(7))?.[0]?.visit).toMatchObject({ id: 'v7', tasks: [{ code: 'meal_handed', zh: '餐食交到老人手里' }], emergency_procedure: { id: 'emergency' } })
    expect(days.carried.value).toMatchObject({ emergency_numbers: ['12349', '120', '110'], provider: { phone: '010-65001234' } })
    expect(await getMeta(await outbox.db(), 'anchor')).toMatchObject({ jws: 'anchor' })
  })

  test('are asked for by cursor, and only what changed is new', async () => {
    const { days, state } = await open()
    const changed = answer({ server_time: new Date().toISOString(), cursor: 'c 2', first_day: on(-1), last_day: on(7), days: [{ day: on(1), visits: [] }], catalogue: null, carer: null, month_used: null })
    server(whole(), changed, { ...changed, days: [] })
    await state.loadDay()
    await state.loadDay()
    await state.loadDay()
    expect(asked.map((address) => new URL(address, 'http://x').searchParams.get('cursor'))).toEqual([null, 'c1', 'c 2'])
    expect(days.listed.value.get(on(1))).toEqual([])
    expect(days.listed.value.get(on(2))?.map(({ visit }) => visit.id)).toEqual(['v2'])
    expect(days.listed.value.get(on(2))?.[0]?.listedAt, 'what is not told is as it was').toBe(changed.server_time)
  })

  test('say the facts that the rules need: the ordinary ones, the month’s number, the certificates', async () => {
    const { days, state } = await open()
    const visits = [call('a', TODAY, { facts: { month: 'm', max_per_month: 4 } }), call('b', TODAY, { op_state: 'completed', facts: { month: 'm', max_per_month: 4, agreement: false } })]
    server(whole({ days: [{ day: TODAY, visits }], month_used: { m: 3 } }))
    await state.loadDay()
    const [open_, done] = (days.listed.value.get(TODAY) ?? []).map(({ visit }) => visit.facts)
    expect(open_).toMatchObject({ day: TODAY, assigned: true, agreement: true, month_used: 3, needed: [['health_certificate']], plan_state: 'active' })
    expect(done, 'a visit is not counted against itself').toMatchObject({ agreement: false, month_used: 2 })
  })

  test('what runs since yesterday is among today’s calls; the rest of yesterday can still be opened, tomorrow cannot', async () => {
    const { days, state } = await open()
    const came = { event_id: 'x', kind: 'check_in' as const, at: at(on(-1), '23:50'), verdict: 'accepted' as const, codes: [] }
    const yesterday = [call('done', on(-1), { op_state: 'completed', verify_state: 'verified' }), call('runs', on(-1), { op_state: 'in_progress', events: [came] })]
    server(whole({ days: [{ day: on(-1), visits: yesterday }, { day: TODAY, visits: [call('now', TODAY)] }, { day: on(1), visits: [call('next', on(1))] }] }))
    await state.loadDay()
    expect(state.calls.value.map((one) => one.visit.id)).toEqual(['runs', 'now'])
    expect([state.callOf('done')?.standing.state, state.callOf('next')]).toEqual(['completed', undefined])
    expect(state.verifyOf('done')).toBe('verified')
    expect(days.daysAhead.value).toEqual([TODAY, on(1)])
  })

  test('a visit that was moved stands once, where the newest word has it', async () => {
    const { days, state } = await open()
    server(whole({ server_time: at(on(-3), '08:00'), first_day: on(-4), last_day: on(4), days: [{ day: on(-3), visits: [call('v', on(-3))] }] }), whole({ cursor: 'c2', days: [{ day: TODAY, visits: [call('v', TODAY)] }] }))
    await state.loadDay()
    await state.loadDay()
    expect(days.listed.value.get(on(-3))).toEqual([])
    expect(days.listed.value.get(TODAY)?.[0]?.visit.window_start).toBe(at(TODAY, '11:00'))
  })

  test('a clock that is a year off shows the right day, and nothing is given up for it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 365 * 86_400_000 })
    try {
      const { state } = await open()
      server(whole({ server_time: new Date(Date.now() - 365 * 86_400_000).toISOString() }))
      await state.loadDay()
      const again = await open()
      await again.days.readKept()
      expect(again.state.calls.value.map((one) => one.visit.id)).toEqual(['v0'])
      expect((await (await again.outbox.db()).getAllKeys('days')).length).toBe(9)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a record that came while a question was on its way is asked for again', async () => {
    const { state } = await open()
    server(whole(), { ...whole(), cursor: 'c2', days: [] })
    await Promise.all([state.loadDay(), state.loadDay(), state.loadDay({ anew: true })])
    expect(asked).toHaveLength(2)
  })
})

describe('the phone gives up what it carries', () => {
  test('when it was revoked; its records stay', async () => {
    const { days, state, outbox } = await open()
    server(whole(), problem('DEVICE_REVOKED', 401))
    await state.loadDay()
    await queue.add(await outbox.db(), { draft: { kind: 'check_in', visit_id: 'v0', elder_ids: ['e1'] }, context: CONTEXT, env: makeEnv().env })
    await state.tick('v0', () => ({ note: '老人说头晕' }))
    await state.loadDay()
    expect([days.carried.value, days.keptDays.value.size, Object.keys(days.progress.value).length]).toEqual([null, 0, 0])
    const db = await outbox.db()
    expect([await db.count('days'), await db.count('progress'), await db.count('outbox')]).toEqual([0, 0, 1])
    expect(state.dayProblem.value?.status).toBe(401)
  })

  test('but not when the server does not know it: a restored backup', async () => {
    const { days, state } = await open()
    server(whole(), problem('NOT_SIGNED_IN', 401))
    await state.loadDay()
    await state.loadDay()
    expect(days.keptDays.value.size).toBe(9)
  })

  test('when it is signed off', async () => {
    const { days, state, outbox } = await open()
    server(whole())
    await state.loadDay()
    await outbox.forgetDevice()
    expect(days.keptDays.value.size).toBe(0)
    expect(await getMeta(await outbox.db(), 'carried')).toBeUndefined()
  })

  test('when somebody else takes it over, before and after a restart', async () => {
    const { state, outbox } = await open()
    server(whole())
    await state.loadDay()
    const db = await outbox.db()
    const device = await getMeta(db, 'device')
    await db.put('meta', { ...device, caregiver: { id: 'c2', name: '毛桂芳' } } as never, 'device')
    const { days } = await open()
    await days.readKept()
    expect([days.carried.value, days.keptDays.value.size]).toEqual([null, 0])
    expect(await (await (await import('../src/outbox')).db()).count('days')).toBe(0)
  })
})
