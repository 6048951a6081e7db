/** What the phone's judge knows of an event and of a visit. Instants are milliseconds, civil days are texts. */
import type { Capture, EventKind, OpState, SettleState, VerifyState } from '../api/wire'

/** The version of the law that both judges apply; schemas/examples/rules.json has its cases. */
export const LAW = '1'

export type Effect =
  | 'opened'
  | 'joined'
  | 'opened_and_closed'
  | 'joined_and_closed'
  | 'left'
  | 'closed'
  | 'waiting'
  | 'not_served'
  | 'none'

/** What an event did to a visit. */
export interface Link {
  event: string
  who: string
  /** Of an event of this phone. */
  kind?: Seen['kind']
  effect: Effect
  at: number
  tasks: number
  acknowledged: readonly string[]
}

/** Another visit of the same caregiver, half-open; without an end it still runs. */
export interface Interval {
  home: string
  start: number
  end: number | null
}

/** `until` is the last valid day, null an open end. */
export interface Certificate {
  kind: string
  since: string | null
  until: string | null
}

/** Who carries the phone. `employed_to` is the first day after. */
export interface Carer {
  id: string
  employed_from: string | null
  employed_to: string | null
  held: readonly Certificate[]
}

/** A visit, and what was recorded for its day when the phone last heard of it. It moves on as events are judged. */
export interface VisitFacts {
  day: string
  home: string
  window_start: number
  window_end: number
  min_minutes: number
  max_minutes: number
  carers_needed: number
  op_state: OpState
  verify_state: VerifyState
  settle_state: SettleState
  started_at: number | null
  ended_at: number | null
  walk_in: boolean
  /** Of anybody: what becomes of a visit that is taken back. */
  any_assigned: boolean
  assigned: boolean
  item_in_plan: boolean
  plan_state: string | null
  max_per_month: number | null
  month_used: number
  agreement: boolean
  /** The provider's agreement covers the type; null: it has none in force. */
  contracted: boolean | null
  in_area: boolean
  standing: string | null
  licence_ok: boolean
  elder_statuses: readonly string[]
  safety_procedure: string | null
  needed: readonly (readonly string[])[]
  links: Link[]
}

/** Whose card was read. `unknown`: there is nothing to compare it with. */
export type Card = 'same' | 'other' | 'unknown' | 'none'

export interface Seen {
  id: string
  kind: Exclude<EventKind, 'annul'>
  claimed_at: number
  /** The last signed server time, and the monotonic clock's milliseconds since; null without one. */
  anchor_at: number | null
  elapsed_ms: number | null
  card: Card
  capture: Capture | null
  position: { lat: number | null; lon: number | null; accuracy_m: number | null; age_ms: number } | null
  /** Whether the server knows where the home is; null: the phone cannot tell. */
  home_point: boolean | null
  tasks: readonly string[]
  acknowledged: readonly string[]
  by: Carer
}
