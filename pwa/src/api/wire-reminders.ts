/** What goes over the wire about reminders: the phone's, the desk's, and how people can be reached. A part of wire.ts. */
import type { Named } from './wire'

export const CAREGIVER_KINDS = ['next_call', 'not_checked_in', 'still_open', 'visit_changed', 'records_waiting', 'certificate_ending'] as const
export const DESK_KINDS = ['visit_late', 'visit_missed', 'visit_unknown', 'caregiver_unreached'] as const
export const FAMILY_KINDS = ['arrived', 'left', 'changed'] as const
export type ReminderKind = (typeof CAREGIVER_KINDS)[number] | (typeof DESK_KINDS)[number] | (typeof FAMILY_KINDS)[number] | 'test'
export type ReminderState = 'planned' | 'sent' | 'acknowledged' | 'called' | 'replaced' | 'cancelled' | 'expired'

/** All that a push message holds: no name, no address, no kind of service. */
export interface PushMessage {
  v: 1
  id: string
  kind: ReminderKind
  visit: string | null
  /** 08:30, in China. */
  at: string | null
  day: string | null
  topic: string
  useless: string
}

export type SubscriptionState = 'untested' | 'working' | 'resting' | 'disabled' | 'gone' | 'key_changed'
export interface PushState {
  /** The server's VAPID key; null: push is off there. */
  key: string | null
  hosts_allowed: string[]
  subscription: { state: SubscriptionState; created_at: string; proven_at: string | null; accepted_at: string | null } | null
}

export interface ReminderItem {
  id: string
  kind: ReminderKind
  visit_id: string | null
  /** When the visit's window begins. */
  at: string | null
  due_at: string
  useless_at: string
  state: ReminderState
  shown_at: string | null
}

export interface CalendarLink {
  url: string
  webcal: string
  qr_svg: string
}
export interface ReminderSettings {
  /** null: as the provider says. */
  minutes_before: number | null
  usual_minutes_before: number
  quiet_from: string
  quiet_until: string
  calendar: { created_at: string; fetched_at: string | null } | null
}

export interface Attempt {
  /** push, stream, calendar, gateway, call */
  channel: string
  at: string
  outcome: string
  status: number | null
  host: string | null
}
export interface LedgerItem {
  id: string
  kind: ReminderKind
  audience: 'caregiver' | 'dispatcher' | 'family'
  /** null for families: whose relatives ask is not told. */
  person: Named | null
  visit_id: string | null
  due_at: string
  useless_at: string
  state: ReminderState
  sent_at: string | null
  shown_at: string | null
  acknowledged_at: string | null
  acknowledged_by: string | null
  attempts: Attempt[]
}

export type CallOutcome = 'reached' | 'no_answer' | 'wrong_number' | 'cannot_go'
export interface CallItem {
  reminder_id: string
  kind: ReminderKind
  caregiver: Named
  phone: string | null
  visit_id: string | null
  window_start: string | null
  since: string
  useless_at: string
  notes: { outcome: string; note: string | null; by: string; at: string }[]
}

/** Something that a provider's dispatchers are to know. */
export interface DeskItem {
  id: string
  kind: ReminderKind
  visit_id: string | null
  /** Who does not answer, or who was to go. */
  caregiver: Named | null
  window_start: string | null
  window_end: string | null
  due_at: string
  useless_at: string
  state: ReminderState
}

export interface Channels {
  caregiver_id: string
  push: 'none' | 'untested' | 'working' | 'resting' | 'disabled' | 'key_changed'
  proven_at: string | null
  calendar_fetched_at: string | null
  /** Whether messages by SMS or WeCom are set up at all. */
  gateway: boolean
  last_acknowledged_at: string | null
}

/** A message that the SMS or WeCom gateway would not take; it waits for a person. */
export interface DeadLetter {
  id: string
  reminder_id: string
  kind: ReminderKind
  caregiver: Named
  visit_id: string | null
  created_at: string
  changed_at: string
  attempts: number
  status: number | null
  detail: string | null
  useless_at: string
  /** Nobody needs it any more. */
  useless: boolean
}

export interface DeskSettings {
  minutes_before: number | null
  quiet_from: string | null
  quiet_until: string | null
}
