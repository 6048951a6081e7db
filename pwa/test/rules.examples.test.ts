/** The law of the door, case by case, by the phone's rules; the server's tests run the same file by the server's. */
import { describe, expect, test } from 'vitest'
import law from '../../schemas/examples/rules.json'
import type { EventKind, OpState } from '../src/api/wire'
import { annul, canAnnul } from '../src/rules/attendance'
import { type Card, type Carer, type Interval, LAW, type Seen, type VisitFacts } from '../src/rules/facts'
import { judge, judgeLoose } from '../src/rules/judge'

interface Told {
  kind: EventKind
  who: string
  at: string
  claimed?: string
  card: 'home' | 'other' | 'stranger' | 'replaced' | 'none'
  capture: Seen['capture']
  position: { lat?: number | null; lon?: number | null; accuracy_m: number | null; age_ms: number } | null
  anchor_s: number | null
  restarted?: boolean
  tasks: string[]
  acknowledged: string[]
  annuls?: number
  held?: [string, string | null, string | null][]
}
interface Facts extends Omit<VisitFacts, 'window_start' | 'window_end' | 'assigned' | 'contracted' | 'licence_ok' | 'links'> {
  window: [string, string]
  assigned: string[]
  service_type: string
  contracted: string[] | null
  licence_until: string | null
}
interface Case {
  name: string
  visit?: Partial<Facts> | null
  held?: Told['held']
  phone_row?: { employed_from?: string; employed_to?: string }
  home_point?: boolean
  times?: { home: string; start: string; end: string | null }[]
  before?: Partial<Told>[]
  then?: Partial<VisitFacts>
  event: Partial<Told>
  phone?: string[]
  server_only?: string
  expect: { effect: string | null; codes: string[]; op_state: OpState | null }
}

const DEFAULTS = law.events as unknown as Record<EventKind, Told>
const VISIT = law.visit as unknown as Facts
const CASES = law.cases as unknown as Case[]

const padded = (text: string) => (text.length === 5 ? `${text}:00` : text)
const moment = (text: string) => Date.parse(`${law.day}T${padded(text)}+08:00`)

function visitOf(told: Partial<Facts>): VisitFacts {
  const { window, assigned, contracted, licence_until, service_type, ...rest } = { ...VISIT, ...told }
  return {
    ...rest,
    day: law.day,
    home: 'home',
    window_start: moment(window[0]),
    window_end: moment(window[1]),
    started_at: null,
    ended_at: null,
    any_assigned: assigned.length > 0,
    assigned: assigned.includes('me'),
    contracted: contracted && contracted.includes(service_type),
    // The server says so with the facts of the visit.
    licence_ok: licence_until === null || law.day <= licence_until,
    links: [],
  }
}

/** The salted hashes of the homes of the day say whose card it is; digits cannot be compared. */
function cardOf({ card, capture }: Told): Card {
  if (card === 'none') return 'none'
  if (capture === 'typed') return 'unknown'
  return card === 'home' ? 'same' : 'other'
}

function play(one: Case) {
  const visit = one.visit === null ? null : visitOf(one.visit ?? {})
  const assigned = one.visit?.assigned ?? VISIT.assigned
  const times: Interval[] = (one.times ?? []).map(({ home, start, end }) => ({ home, start: moment(start), end: end === null ? null : moment(end) }))
  let told = 0
  const hear = (partial: Partial<Told>, last = false): { effect: string | null; codes: string[] } => {
    const event = { ...DEFAULTS[partial.kind as EventKind], ...partial }
    const id = `event-${told++}`
    const at = moment(event.at)
    if (event.kind === 'annul') {
      const target = visit?.links.find((link) => link.event === `event-${event.annuls}`)
      if (!visit || !target || !canAnnul(at, target, visit)) return { effect: 'refused', codes: ['ANNUL_IMPOSSIBLE'] }
      annul(target, visit)
      return { effect: 'annulled', codes: [] }
    }
    const held = event.held ?? (last ? one.held : undefined) ?? (law.held as Told['held'])
    const by: Carer = {
      id: event.who,
      employed_from: (last && one.phone_row?.employed_from) || null,
      employed_to: (last && one.phone_row?.employed_to) || null,
      held: (held ?? []).map(([kind, since, until]) => ({ kind, since, until })),
    }
    const seen: Seen = {
      ...event,
      id,
      kind: event.kind,
      claimed_at: moment(event.claimed ?? event.at),
      anchor_at: event.anchor_s === null ? null : at - event.anchor_s * 1000,
      elapsed_ms: event.anchor_s === null || event.restarted ? null : event.anchor_s * 1000,
      card: cardOf(event),
      position: event.position && { lat: 39.9219, lon: 116.4431, ...event.position },
      home_point: one.home_point ?? true,
      by,
    }
    if (!visit) return { effect: null, codes: judgeLoose(seen) }
    visit.assigned = assigned.includes(event.who)
    return judge(seen, visit, times)
  }
  for (const event of one.before ?? []) hear(event)
  if (visit) Object.assign(visit, one.then)
  return { ...hear(one.event, true), op_state: visit?.op_state ?? null }
}

describe('the law, case by case', () => {
  const mine = CASES.filter((one) => !one.server_only)
  test.each(mine.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { effect, codes, op_state } = play(one)
    expect({ effect, codes: codes.sort(), op_state }).toEqual({
      effect: one.expect.effect,
      codes: [...(one.phone ?? one.expect.codes)].sort(),
      op_state: one.expect.op_state,
    })
  })
  test('it is the version that the phone signs', () => {
    expect(law.law).toBe(LAW)
  })
  test('hardly anything is left to the server alone', () => {
    expect(CASES.length - mine.length).toBeLessThanOrEqual(CASES.length / 20)
  })
})
