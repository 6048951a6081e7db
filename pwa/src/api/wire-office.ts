/** What goes over the wire to the office's screens alone: the office's own story, caregivers and phones, imports. A part of wire.ts. */
import type { components } from './schema'
import type { EventKind, Named } from './wire'

/** Something that the office, or the server by itself (`by` null), did to a visit. */
export interface OfficeEntry {
  visit_id: string
  at: string
  what: components['schemas']['OfficeEntry']['what']
  by: string | null
  data: Record<string, unknown>
}
/** A record made for this visit that stands in another one, or in none. */
export interface KeptElsewhere {
  visit_id: string | null
  event_id: string
  kind: EventKind
  claimed_at: string
  at: string
  heard_at: string | null
  received_at: string
  caregiver: Named
  codes: string[]
  annulled: boolean
}

export interface Caregiver {
  id: string
  name: string
  phone_masked: string | null
  provider: Named
  qualifications: { kind: string; valid_until: string | null }[]
  device: PhoneSeen | null
  visits_today: number
  /** When the first of today's visits begins. */
  first_visit_at: string | null
}
export interface PhoneSeen {
  id: string
  enrolled_at: string
  last_seen_at: string | null
  platform: string | null
  app_version: string | null
  /** From here on: what the phone last said of itself. */
  reported_at: string | null
  waiting: number | null
  oldest_waiting_at: string | null
  persisted: boolean | null
  standalone: boolean | null
}
export interface PhoneStatus {
  waiting: number
  oldest_waiting_at: string | null
  persisted: boolean | null
  standalone: boolean | null
  app_version: string
}

export interface ImportRun {
  id: string
  file_name: string
  state: 'reading' | 'previewed' | 'applying' | 'applied' | 'failed'
  done: number
  total: number
  counts: ImportCounts
  sheets: (ImportCounts & { name: string })[]
  notes: ImportNote[]
  problem: { code: string; title: string; title_en: string; detail?: string; detail_en?: string } | null
  created_at: string
}
/** What is worth knowing and belongs to no data row. */
export interface ImportNote {
  sheet: string
  row: number | null
  column: string | null
  code: string
  message: string
  message_en: string
}
export interface ImportCounts {
  created: number
  updated: number
  unchanged: number
  refused: number
}
export interface ImportRow {
  sheet: string
  row: number
  status: 'created' | 'updated' | 'unchanged' | 'refused'
  column: string | null
  code: string | null
  message: string | null
  message_en: string | null
  summary: string | null
  others: { code: string; message: string; message_en: string; column?: string }[]
}
