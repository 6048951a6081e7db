/** The phone's verdict from what it really holds: the server's word on a visit, its own records since, and no more. */
import { describe, expect, test } from 'vitest'
import law from '../../schemas/examples/rules.json'
import type { CheckEvent, DoorFacts, DoorVisit } from '../src/api/wire'
import type { Entry } from '../src/outbox/db'
import type { Card } from '../src/rules/facts'
import { type Beside, besideOf, OF_JOINT, type Subject, verdictOf } from '../src/rules/verdict'

const FACTS: DoorFacts = {
  ...{ day: '2026-04-08', assigned: true, walk_in: false, item_in_plan: true, plan_state: 'active', max_per_month: null, month: null, month_used: 0 },
  ...{ agreement: true, contracted: true, in_area: true, standing: 'active', licence_ok: true, elder_statuses: [], needed: [], point: true },
}
const known = { me: 'me', carer: { employed_from: null, employed_to: null, held: [] }, facts_at: '2026-04-08T00:00:00Z' }
const time = (text: string) => `2026-04-08T${text}:00+08:00`

type Told = Omit<Partial<DoorVisit>, 'facts'> & { facts?: Partial<DoorFacts> | null; home?: string }
function visitOf({ facts, home = 'h1', ...told }: Told = {}): DoorVisit {
  return {
    ...{ id: 'v1', service_type: 'meal', content: 'meal_delivery', window_start: time('09:00'), window_end: time('11:00'), op_state: 'assigned' },
    ...{ verify_state: 'none', settle_state: 'unsettled', grade: null, elder: { id: 'e1', name: '王秀英', sex: 'female', age: 80 } },
    household: { id: home, address: '', community: '', access_notes: null, code_salt: null, code_hash: null },
    ...{ carers_needed: 1, colleagues: [], min_minutes: 30, max_minutes: 120, tasks: [], risks: [] },
    ...{ emergency_procedure: null, safety_procedure: null, events: [] },
    ...told,
    ...(facts === null ? {} : { facts: { ...FACTS, ...facts } }),
  } as DoorVisit
}

const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '')
const ANCHOR = `${part({})}.${part({ at: time('08:00') })}.AA`
let seq = 0
function event(kind: CheckEvent['kind'], at: string, values: Partial<CheckEvent> = {}): CheckEvent {
  return {
    ...{ event_id: `e${++seq}`, kind, visit_id: 'v1', elder_ids: ['e1'], token: '1', short_code: null, capture: 'camera', claimed_at: time(at) },
    anchor: ANCHOR,
    ...{ elapsed_ms: null, position: { lat: 39.9, lon: 116.4, accuracy_m: 10, age_ms: 0 }, position_error: null, service_type: null, content: null },
    ...{ tasks: ['meal_handed'], acknowledged: ['emergency@1'], reason: null, note: null, photos: [], annuls: null, app_version: '', seq, prev: null },
    ...values,
  }
}
const entry = (of: CheckEvent, values: Partial<Entry> = {}): Entry =>
  ({ event_id: of.event_id, event: of, state: 'waiting', answer: null, ...values }) as Entry

const judged = (of: CheckEvent, visit: DoorVisit, entries: Entry[] = [], others: Subject[] = [], card: Card = 'same') =>
  verdictOf(of, { subjects: [{ visit, entries, card }], others: others.map((one) => besideOf(one, known)).filter((one): one is Beside => one !== null), known })

describe('with the server’s word on the visit', () => {
  test('a visit in order', () => {
    const into = event('check_in', '09:10')
    expect(judged(into, visitOf())).toEqual({ codes: [], rules: law.law, facts_at: known.facts_at })
    expect(judged(event('check_out', '09:50'), visitOf(), [entry(into)])?.codes).toEqual([])
  })
  test('its own records move it on, refused ones do not', () => {
    const into = event('check_in', '09:10')
    expect(judged(event('check_out', '09:20'), visitOf(), [entry(into)])?.codes).toEqual(['TOO_SHORT'])
    expect(judged(event('check_in', '09:20'), visitOf(), [entry(into)])?.codes).toEqual(['ALREADY_IN_PROGRESS'])
    const refused = entry(into, { answer: { verdict: 'refused' } as Entry['answer'] })
    expect(judged(event('check_in', '09:20'), visitOf(), [refused])?.codes).toEqual([])
  })
  test('what was taken back is open again', () => {
    const into = event('check_in', '09:10')
    const back = event('annul', '09:12', { annuls: into.event_id })
    expect(judged(event('check_in', '09:20'), visitOf(), [entry(into), entry(back)])?.codes).toEqual([])
  })
  test('the server’s list knows of the records already', () => {
    const into = event('check_in', '09:10')
    const listed = visitOf({ op_state: 'in_progress', events: [{ event_id: into.event_id, kind: 'check_in', at: time('09:10'), verdict: 'accepted', codes: [] }] })
    expect(judged(event('check_out', '09:50'), listed, [entry(into)])?.codes).toEqual([])
  })
  test('somebody else is there', () => {
    expect(judged(event('check_in', '09:10'), visitOf({ op_state: 'in_progress' }))?.codes).toEqual(['ALREADY_IN_PROGRESS'])
    expect(judged(event('check_in', '09:10'), visitOf({ op_state: 'completed' }))?.codes).toEqual(['ALREADY_IN_PROGRESS'])
  })
  test('the plan, the quota, the card and the place', () => {
    expect(judged(event('check_in', '09:10'), visitOf({ facts: { plan_state: 'suspended' } }))?.codes).toEqual(['PLAN_NOT_ACTIVE'])
    expect(judged(event('check_in', '09:10'), visitOf(), [], [], 'other')?.codes).toEqual(['WRONG_HOUSEHOLD'])
    expect(judged(event('check_in', '09:10', { position: null }), visitOf())?.codes).toEqual(['LOCATION_MISSING'])
    expect(judged(event('check_in', '09:10'), visitOf({ facts: { point: false } }))?.codes).toEqual(['HOME_POINT_MISSING'])
  })
  test('visits of the month that have begun since on this phone count', () => {
    const facts = { month: 'm', max_per_month: 8, month_used: 7 }
    const other = visitOf({ id: 'v2', facts })
    const into = [entry(event('check_in', '08:30', { visit_id: 'v2' }))]
    expect(judged(event('check_in', '09:10'), visitOf({ facts }))?.codes).toEqual([])
    expect(judged(event('check_in', '09:10'), visitOf({ facts }), [], [{ visit: other, entries: into }])?.codes).toEqual(['MONTH_QUOTA_REACHED'])
  })
  test('still in another home', () => {
    const other = { visit: visitOf({ id: 'v2', home: 'h2' }), entries: [entry(event('check_in', '08:50', { visit_id: 'v2' }))] }
    expect(judged(event('check_in', '09:10'), visitOf(), [], [other])?.codes).toEqual(['OVERLAP'])
  })
  test('both of a couple', () => {
    const subjects = [visitOf(), visitOf({ id: 'v2', facts: { assigned: false } })].map((visit) => ({ visit, entries: [], card: 'same' as const }))
    expect(verdictOf(event('check_in', '12:30'), { subjects, others: [], known })?.codes.sort()).toEqual(['FAR_OUTSIDE_WINDOW', 'NOT_ASSIGNED'])
  })
  test('a clock that is behind the signed time', () => {
    expect(judged(event('check_in', '07:30'), visitOf())?.codes).toEqual(['CLOCK', 'OUTSIDE_WINDOW'])
    expect(judged(event('check_in', '09:10', { anchor: null }), visitOf())?.codes).toEqual(['TIME_UNPROVEN'])
    expect(judged(event('check_in', '09:10', { anchor: 'rubbish' }), visitOf())?.codes).toEqual(['TIME_UNPROVEN'])
  })
})

describe('what it does not know it does not judge', () => {
  const proofOnly = (visit: DoorVisit, entries: Entry[] = []) => expect(judged(event('check_in', '20:00', { position: null }), visit, entries)).toEqual({ codes: ['LOCATION_MISSING'], rules: law.law, facts_at: null })
  test('a visit that the server has not told of in full', () => proofOnly(visitOf({ facts: null })))
  test('a visit that was recorded with another phone too', () => {
    proofOnly(visitOf({ events: [{ event_id: 'elsewhere', kind: 'check_in', at: time('09:00'), verdict: 'accepted', codes: [] }] }))
  })
  test('before the first contact', () => {
    const without = { ...known, carer: null }
    expect(verdictOf(event('check_in', '20:00'), { subjects: [{ visit: visitOf(), entries: [], card: 'same' }], others: [], known: without })?.facts_at).toBeNull()
  })
  test('a visit that is in no plan', () => {
    const loose = (values: Partial<CheckEvent>) => verdictOf(event('check_in', '09:10', values), { subjects: [], others: [], known })
    expect(loose({})).toEqual({ codes: ['NO_PLANNED_VISIT'], rules: law.law, facts_at: null })
    expect(loose({ elder_ids: [] })?.codes).toEqual(['ELDER_UNCLEAR', 'NO_PLANNED_VISIT'])
    expect(loose({ token: null })?.codes).toEqual(['TOKEN_MISSING', 'NO_PLANNED_VISIT'])
  })
  test('what the colleague of a joint visit does', () => {
    const into = entry(event('check_in', '09:10'))
    expect(judged(event('check_out', '09:12'), visitOf({ carers_needed: 2 }), [into])?.codes).toEqual([])
    expect(OF_JOINT).toEqual(law.phone_knows.joint)
  })
  test('an annulment is no matter of a verdict', () => {
    expect(judged(event('annul', '09:12', { annuls: 'e1' }), visitOf())).toBeNull()
  })
})
