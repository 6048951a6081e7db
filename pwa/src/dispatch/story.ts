/** What the office did and what the phones recorded, as one list in order of time; and who could know of what. Pure. */
import type { EventKind, Finding, KeptElsewhere, OfficeEntry, VisitDetail, VisitEvent } from '../api/wire'
import { t } from '../i18n/dispatch'
import { findingText } from '../i18n/remedies'
import { stories as s } from '../i18n/stories'
import { civilDay, clock } from '../ui'
import { dayClock } from '../ui/format'
import { reasonText } from './evidence'

export interface Moment {
  key: string
  at: number
  side: 'office' | 'phone'
  text: string
  notes: string[]
  /** Another visit in which this stands, or of which this is told. */
  visit_id: string | null
  quiet: boolean
}

const LATE_MS = 120_000
/** What people decided afterwards changes nothing of where anybody was to go. */
const REVIEW = ['held', 'released', 'decided', 'edited', 'answered'] as const
const ORDINARY: readonly string[] = ['planned', 'ordered', 'assigned', ...REVIEW]
const DECISIONS = ['accept', 'reject', 'ask'] as const
const WITHDRAWN = ['plan_changed', 'plan_not_active', 'elder_absent', 'elder_deceased'] as const

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const namesOf = (value: unknown): string => (Array.isArray(value) ? value.join(s('and')) : textOf(value))
const on = (at: string | number, day: string): string => (civilDay(at) === day ? clock(at) : dayClock(at))

/** Whether there is more to tell than that somebody was sent and came. */
export function disagree({ id, office, elsewhere }: Pick<VisitDetail, 'id' | 'office' | 'elsewhere'>): boolean {
  return elsewhere.length > 0 || office.some((entry) => entry.visit_id !== id || !ORDINARY.includes(entry.what))
}

/** 21日 09:00–11:00: from when to when a visit was to be. */
function windowOf(value: unknown): string {
  const [start, end] = Array.isArray(value) ? value.map(textOf) : []
  return start && end ? `${dayClock(start)}–${clock(end)}` : ''
}

function why(key: 'o_cancelled' | 'o_rescheduled', reason: string, params: { from?: string; to?: string } = {}): string {
  const known = WITHDRAWN.find((one) => one === reason)
  return s(key, params) + (reason ? s('o_why', { reason: known ? s(`why_${known}`) : reasonText(reason) }) : '')
}

export function officeText({ what, data }: Pick<OfficeEntry, 'what' | 'data'>): string {
  const [from, to] = [namesOf(data.from), namesOf(data.to)]
  switch (what) {
    case 'planned':
    case 'ordered':
      return s(`o_${what}`, { from: clock(textOf(data.window_start)), to: clock(textOf(data.window_end)) })
    case 'assigned':
      return s('o_assigned', { to })
    case 'reassigned':
      return from && to ? s('o_reassigned', { from, to }) : to ? s('o_added', { to }) : s('o_taken_off', { from })
    case 'cancelled':
      return why('o_cancelled', textOf(data.reason))
    case 'rescheduled':
      return why('o_rescheduled', textOf(data.reason), { from: windowOf(data.from), to: windowOf(data.to) })
    case 'moved':
      return s('o_moved', { from, to })
    case 'missed':
    case 'unclosed':
      return s(`o_${what}`)
    case 'held':
    case 'released':
      return data.code ? s(`o_${what}_why`, { reason: findingText(textOf(data.code)) }) : s(`o_${what}`)
    case 'decided': {
      const word = DECISIONS.find((one) => one === data.decision)
      return word ? s(`o_decided_${word}`) : s('o_decided')
    }
    case 'edited':
    case 'answered':
    case 'restored':
      return s(`o_${what}`)
    default:
      // Only a later server knows more than this.
      return s('o_other', { what: what satisfies never })
  }
}

type Recorded = Pick<VisitEvent, 'event_id' | 'kind' | 'at' | 'heard_at' | 'received_at' | 'caregiver' | 'annulled'>

const isLate = ({ at, received_at }: Recorded): boolean => Date.parse(received_at) - Date.parse(at) > LATE_MS

function officeMoment(entry: OfficeEntry, index: number, visit_id: string): Moment {
  const other = entry.visit_id !== visit_id
  const notes = [entry.by ?? s('by_server')]
  return { key: `o${index}`, at: Date.parse(entry.at), side: 'office', text: officeText(entry), notes, visit_id: other ? entry.visit_id : null, quiet: false }
}

function phoneMoment(event: Recorded, day: string, elsewhere: string | null | undefined): Moment {
  const notes: string[] = []
  if (isLate(event)) notes.push(s('p_late', { at: on(event.received_at, day) }))
  if (event.annulled) notes.push(s('p_annulled'))
  if (elsewhere === null) notes.push(s('p_nowhere'))
  const kind: EventKind = event.kind
  const text = s('p_event', { name: event.caregiver.name, kind: t(`kind_${kind}`) })
  return { key: event.event_id, at: Date.parse(event.at), side: 'phone', text, notes, visit_id: elsewhere ?? null, quiet: false }
}

/** Where a phone was out of reach: since when its plan stood still. */
function silences(events: readonly Recorded[]): Moment[] {
  const found = new Map<string, Moment>()
  for (const event of events) {
    if (event.heard_at === null || !isLate(event)) continue
    const key = `${event.caregiver.id} ${event.heard_at}`
    const text = s('p_heard', { name: event.caregiver.name })
    found.set(key, { key, at: Date.parse(event.heard_at), side: 'phone', text, notes: [], visit_id: null, quiet: true })
  }
  return [...found.values()]
}

export function moments(visit: Pick<VisitDetail, 'id' | 'window_start' | 'office' | 'events' | 'elsewhere'>): Moment[] {
  const day = civilDay(visit.window_start)
  const events = visit.events.filter((event) => event.verdict !== 'refused')
  return [
    ...silences([...events, ...visit.elsewhere]),
    ...visit.office.map((entry, index) => officeMoment(entry, index, visit.id)),
    ...events.map((event) => phoneMoment(event, day, undefined)),
    ...visit.elsewhere.map((event: KeptElsewhere) => phoneMoment(event, day, event.visit_id)),
  ].sort((a, b) => a.at - b.at)
}

export const timeOfMoment = (moment: Moment, visit: Pick<VisitDetail, 'window_start'>): string => on(moment.at, civilDay(visit.window_start))

const CHANGES = [
  ['reassigned_at', 'f_reassigned'],
  ['cancelled_at', 'f_cancelled'],
  ['moved_at', 'f_moved'],
] as const

/** When the office changed the visit, and whether the phone could know it; null where the office has no part in the finding. */
export function officePart(finding: Pick<Finding, 'code' | 'data' | 'event_id'>, visit: Pick<VisitDetail, 'window_start' | 'events'>): string | null {
  const { data } = finding
  const change = CHANGES.find(([name]) => textOf(data[name]))
  if (!change) return finding.code === 'VISIT_RENAMED' ? s('f_unknown_visit') : null
  const day = civilDay(visit.window_start)
  const event = visit.events.find((one) => one.event_id === finding.event_id)
  const at = textOf(data[change[0]])
  // What the phone showed is as old as its plan, which may be older than its last word.
  const heard = event?.judged?.facts_at ?? (textOf(data.heard_at) || event?.heard_at) ?? null
  const said = s(change[1], { at: on(at, day) })
  const [changed, knew] = [Date.parse(at), heard ? Date.parse(heard) : null]
  if (event && Date.parse(event.at) < changed) return said + s('join') + s('k_before')
  if (!heard || knew === null) return said + s('join') + s('k_unknown')
  return said + s('join') + s(knew < changed ? 'k_could_not' : 'k_could', { heard: on(heard, day) })
}

const BEGUN = ['in_progress', 'unclosed', 'completed']

/** Who came although somebody else is to go, and to whom the visit can still be given. */
export function cameInstead({ kind, op_state, events, caregivers }: Pick<VisitDetail, 'kind' | 'op_state' | 'events' | 'caregivers'>): { ids: string[]; name: string } | null {
  // A walk-in was nobody's order.
  if (!BEGUN.includes(op_state) || (kind === 'adhoc' && !caregivers.length)) return null
  const came = new Map(events.filter((one) => one.kind === 'check_in' && one.verdict !== 'refused' && !one.annulled).map((one) => [one.caregiver.id, one.caregiver.name]))
  const sent = caregivers.map((one) => one.id)
  const others = [...came].filter(([id]) => !sent.includes(id))
  if (!others.length) return null
  return { ids: [...came.keys()].slice(0, 4), name: others.map(([, name]) => name).join(s('and')) }
}
