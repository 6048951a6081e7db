/** What goes over the wire, as written in schemas/. */
import type { OpState, ServiceType, SettleState, VerifyState } from '../i18n/common'
import type { KeptElsewhere, OfficeEntry } from './wire-office'

export type { OpState, ServiceType, SettleState, VerifyState }
export type Role = 'dispatcher' | 'manager' | 'officer' | 'auditor' | 'admin'
export type Grade = 'A' | 'B' | 'C' | 'D'
export interface Named {
  id: string
  name: string
}
export interface Me {
  account_id: string
  role: Role
  display_name: string
  provider: Named | null
  area: Named | null
}

export interface Procedure {
  id: string
  version: string
  zh: string[]
  en: string[]
}
export interface DoorEvent {
  event_id: string
  kind: EventKind
  at: string
  verdict: Verdict
  codes: string[]
}
export interface DoorVisit {
  id: string
  service_type: ServiceType
  content: string
  window_start: string
  window_end: string
  op_state: OpState
  verify_state: VerifyState
  settle_state: SettleState
  grade: Grade | null
  elder: { id: string; name: string; sex: 'male' | 'female' | ''; age: number | null }
  household: {
    id: string
    address: string
    community: string
    access_notes: string | null
    code_salt: string | null
    code_hash: string | null
  }
  carers_needed: number
  colleagues: string[]
  min_minutes: number | null
  max_minutes: number | null
  tasks: { code: string; zh: string; en: string }[]
  risks: string[]
  emergency_procedure: Procedure | null
  safety_procedure: Procedure | null
  events: DoorEvent[]
  /** None of a visit that began here without a plan. */
  facts?: DoorFacts
}
/** As it travels: tasks and procedures stand in the catalogue, of the facts only what is out of the ordinary. */
export interface DoorCall extends Omit<DoorVisit, 'tasks' | 'emergency_procedure' | 'safety_procedure' | 'facts'> {
  tasks: string[]
  emergency_procedure: string
  safety_procedure: string | null
  facts: Partial<CallFacts>
}
/** What was recorded for the visit's day, as the rules need it. `contracted`: null, no cooperation agreement is in force. */
export interface CallFacts {
  assigned: boolean
  walk_in: boolean
  item_in_plan: boolean
  plan_state: string | null
  max_per_month: number | null
  /** Names the month's number in `month_used`. */
  month: string | null
  agreement: boolean
  contracted: boolean | null
  in_area: boolean
  standing: string
  licence_ok: boolean
  elder_statuses: string[]
  /** The server knows where the home is. */
  point: boolean
}
export interface DoorFacts extends CallFacts {
  day: string
  /** Other visits of the month under the same item. */
  month_used: number
  /** One certificate of each list. */
  needed: string[][]
}
/** `employed_to` is the first day after, `until` the last valid day. */
export interface DoorCarer {
  employed_from: string | null
  employed_to: string | null
  held: { kind: string; since: string | null; until: string | null }[]
}
export interface DoorCatalogue {
  /** By content. */
  tasks: Record<string, { code: string; zh: string; en: string }[]>
  /** By `id@version`. */
  procedures: Record<string, Procedure>
  /** By service type. */
  certificates: Record<string, string[][]>
}
/** What has changed since the cursor: whole days; the last three are null when they are as before. */
export interface DoorSync {
  epoch: string
  server_time: string
  anchor: string
  heard: { seq: number | null }
  cursor: string
  first_day: string
  last_day: string
  days: { day: string; visits: DoorCall[] }[]
  caregiver: Named
  provider: Named & { phone: string | null }
  emergency_numbers: string[]
  carer: DoorCarer | null
  catalogue: DoorCatalogue | null
  month_used: Record<string, number> | null
}
export interface DoorHome {
  household: { id: string; address: string }
  elders: Named[]
}

export type EventKind = 'check_in' | 'check_out' | 'not_served' | 'annul'
export type Capture = 'camera' | 'photo' | 'typed'
export type PositionError = 'denied' | 'unavailable' | 'timeout' | 'unsupported'
export type NotServedReason = 'absent' | 'no_answer' | 'refused' | 'hospital' | 'unsafe' | 'wrong_address'
export type AnnulReason = 'mistake' | 'wrong_elder' | 'wrong_home'
export type Verdict = 'accepted' | 'accepted_with_findings' | 'refused'

export interface CheckEvent {
  event_id: string
  kind: EventKind
  visit_id: string | null
  elder_ids: string[]
  token: string | null
  short_code: string | null
  capture: Capture | null
  claimed_at: string
  anchor: string | null
  elapsed_ms: number | null
  position: { lat: number; lon: number; accuracy_m: number; age_ms: number } | null
  position_error: PositionError | null
  service_type: Exclude<ServiceType, 'unspecified'> | null
  content: string | null
  tasks: string[]
  acknowledged: string[]
  reason: NotServedReason | AnnulReason | null
  note: string | null
  photos: string[]
  annuls: string | null
  /** Records of before the phone had a judge have neither. */
  judged?: Judged | null
  clock?: PhoneClock | null
  app_version: string
  seq: number
  prev: string | null
}
/** The phone's own verdict. `facts_at`: as of when it knew the plan; null when it knew no more than the event itself. */
export interface Judged {
  codes: string[]
  rules: string
  facts_at: string | null
}
/** What the phone knows of its own clock since the last signed time. */
export interface PhoneClock {
  zone_min: number
  jump_ms: number | null
  restarts: number
}
export interface ReceiptClaims {
  event_id: string | null
  event_hash: string
  device_id: string | null
  received_at: string
  verdict: Verdict
  codes: string[]
  visits: { visit_id: string; elder_id: string; op_state: OpState; grade: Grade | null }[]
}
export interface CheckinsAnswer {
  receipts: { event_id: string | null; verdict: Verdict; codes: string[]; receipt: string }[]
  anchor: string | null
  server_time: string
}
export interface Redeemed {
  device_id: string
  caregiver: Named
  provider: Named
  token: string
  anchor: string
}
export interface PublicJwk extends JsonWebKey {
  kid?: string
}

/* The office's screens. */
export type * from './wire-office'
export interface Page<T> {
  items: T[]
  next: string | null
}
export interface VisitRow {
  id: string
  elder: Named
  service_type: ServiceType
  content: string
  window_start: string
  window_end: string
  op_state: OpState
  verify_state: VerifyState
  settle_state: SettleState
  grade: Grade | null
  late: boolean
  caregivers: Named[]
  household: { id: string; address: string; community: string }
  provider: Named
  started_at: string | null
  ended_at: string | null
  holds: number
  /** The last word of the phone that was silent longest among those who were to go; null: no phone. */
  heard_at: string | null
}
/** What a step of the office did; `action_id` takes it back for ten minutes. */
export interface Done {
  action_id: string | null
  visits: VisitRow[]
}
export interface VisitDay extends Page<VisitRow> {
  day: string
  counts: Record<string, number>
}
export interface VisitEvent {
  event_id: string
  kind: EventKind
  /** What it did to the visit: opened, closed, waiting, left, none … */
  effect: string
  capture: Capture | null
  claimed_at: string
  received_at: string
  earliest_at: string | null
  /** What is taken for the true time. */
  at: string
  /** The phone's last proven contact with the server before it. */
  heard_at: string | null
  grade: Grade | null
  distance_m: number | null
  accuracy_m: number | null
  position_error: PositionError | null
  verdict: Verdict
  tasks: string[]
  reason: string | null
  note: string | null
  caregiver: Named
  device_id: string
  seq: number
  codes: string[]
  annulled: boolean
  /** What the phone itself judged, and what it knew of its clock. */
  judged?: Judged | null
  clock?: PhoneClock | null
}
export type Severity = 'info' | 'warn' | 'hold' | 'refuse'
export interface Finding {
  code: string
  severity: Severity
  data: Record<string, unknown>
  at: string
  event_id: string | null
  annulled: boolean
  /** A later record answered it: it no longer counts. */
  answered: boolean
}
export interface VisitDetail extends VisitRow {
  kind: string
  reason: string | null
  geofence_m: number
  /** The home's place is known. */
  point: boolean
  plan: {
    version: number
    frequency: string
    min_minutes: number | null
    max_minutes: number | null
    valid_from: string
    valid_to: string | null
  } | null
  events: VisitEvent[]
  findings: Finding[]
  office: OfficeEntry[]
  elsewhere: KeptElsewhere[]
  assignments: { caregiver: Named; assigned_at: string; assigned_by: string | null; ended_at: string | null }[]
}
export interface Candidate extends Named {
  obstacles: string[]
}
export interface Expansion {
  created: number
  existing: number
  assigned: number
  withdrawn: number
  unassigned: { visit_id: string; reasons: Record<string, number> }[]
  calendar_missing: { plan_item_id: string; date: string; year: number }[]
}
export interface Enrolment {
  id: string
  url: string
  secret: string
  qr_svg: string
  expires_at: string
}
export interface EnrolmentState {
  id: string
  state: 'waiting' | 'used' | 'expired'
  device_id: string | null
}
export interface Household {
  id: string
  address: string
  community: string
  subdistrict: string
  elders: Named[]
  code: { version: number; issued_at: string } | null
  point: boolean
}
export interface HouseholdCounts {
  all: number
  without_card: number
  with_card: number
  without_point: number
}
export interface HouseholdPage extends Page<Household> {
  counts: HouseholdCounts | null
}
