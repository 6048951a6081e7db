/** A visit's evidence in words: how, where and when it was recorded, and why its grade is what it is. Pure. */
import type { Finding, Severity, VisitDetail, VisitEvent, VisitRow } from '../api/wire'
import { lang } from '../i18n'
import { t } from '../i18n/dispatch'
import { severityOf } from '../i18n/remedies'
import { civilDay, clock, clockSeconds, type RecordWord } from '../ui'
import { dayClock, minutesText, monthDay } from '../ui/format'

const LATE_MS = 120_000

export function distanceText(metres: number): string {
  if (metres < 1000) return t('metres', { n: Math.round(metres) })
  return t('kilometres', { n: metres < 10_000 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000) })
}

/** 5 秒, 3 分钟, 1 小时 05 分, 2 天 */
export function lengthText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 60) return t('seconds', { n: seconds })
  if (seconds < 48 * 3600) return minutesText(seconds * 1000)
  return t('days', { n: Math.round(seconds / 86_400) })
}

export function captureText(event: VisitEvent): string {
  return t(event.capture ? `cap_${event.capture}` : 'cap_none')
}

export type Standing = 'inside' | 'outside' | 'unsure' | 'unknown'

/** As the server judged it when the event came in. */
export function standing(event: VisitEvent): Standing {
  if (event.distance_m === null || event.codes.includes('LOCATION_INVALID')) return 'unknown'
  if (event.codes.includes('LOCATION_FAR')) return 'outside'
  if (event.codes.includes('LOCATION_VAGUE') || event.codes.includes('LOCATION_STALE')) return 'unsure'
  return 'inside'
}

export function placeText(event: VisitEvent): string {
  const { distance_m, accuracy_m, position_error } = event
  if (distance_m !== null && accuracy_m !== null)
    return t('place_both', { distance: distanceText(distance_m), accuracy: distanceText(accuracy_m) })
  if (distance_m !== null) return t('place_distance', { distance: distanceText(distance_m) })
  if (event.codes.includes('LOCATION_INVALID')) return t('place_invalid')
  if (accuracy_m !== null) return t('place_no_home', { accuracy: distanceText(accuracy_m) })
  return t(position_error ? `place_${position_error}` : 'place_none')
}

/** The clock time, with the day where it is not the visit's own. */
export function timeOn(at: string, day: string): string {
  return civilDay(at) === day ? clockSeconds(at) : `${monthDay(at)} ${clockSeconds(at)}`
}

/** The claim, the proof, and what to think of them. */
export function timeSentences(event: VisitEvent, day: string): string[] {
  const [claimed, received] = [timeOn(event.claimed_at, day), timeOn(event.received_at, day)]
  if (event.earliest_at === null) return [t('time_unproved', { claimed, received })]
  const said = [t('time_proved', { claimed, earliest: timeOn(event.earliest_at, day), received })]
  const [claim, low, high] = [event.claimed_at, event.earliest_at, event.received_at].map((at) => Date.parse(at)) as [number, number, number]
  if (event.codes.includes('CLOCK') || event.codes.includes('CLOCK_FAR')) said.push(t('time_wrong'))
  const underway = high - Math.min(Math.max(claim, low), high)
  if (underway > LATE_MS) said.push(t('time_late', { length: lengthText(underway) }))
  return said
}

const REASONS = ['absent', 'no_answer', 'refused', 'hospital', 'unsafe', 'wrong_address', 'mistake', 'wrong_elder', 'wrong_home', 'undone'] as const

export function reasonText(reason: string): string {
  return (REASONS as readonly string[]).includes(reason) ? t(`r_${reason as (typeof REASONS)[number]}`) : reason
}

const VERIFIED = ['auto_verified', 'verified']

function severityAt(code: string, event: VisitEvent, findings: readonly Finding[]): Severity {
  return findings.find((finding) => finding.event_id === event.event_id && finding.code === code)?.severity ?? severityOf(code)
}

export interface Word {
  word: RecordWord
  reached: boolean
}

/** The four words of one record, in their order. What the server shows has left the phone and has its receipt. */
export function fourWords(event: VisitEvent, visit: Pick<VisitDetail, 'verify_state' | 'findings'>): Word[] {
  const refused = event.verdict === 'refused'
  const accepted = !refused && !event.codes.some((code) => ['hold', 'refuse'].includes(severityAt(code, event, visit.findings)))
  const counted = !refused && !event.annulled && event.kind !== 'annul' && VERIFIED.includes(visit.verify_state)
  return [
    { word: 'on_phone', reached: true },
    { word: 'reached', reached: true },
    // Somebody who counted the visit accepted its records.
    { word: 'accepted', reached: accepted || counted },
    { word: 'counted', reached: counted },
  ]
}

const LOWERS = [
  'TOKEN_UNKNOWN',
  'TOKEN_REVOKED',
  'TOKEN_MISSING',
  'LOCATION_MISSING',
  'LOCATION_FAR',
  'LOCATION_STALE',
  'LOCATION_INVALID',
  'LOCATION_VAGUE',
  'HOME_POINT_MISSING',
  'CLOCK_FAR',
  'CLOCK',
  'TIME_UNPROVEN',
  'LATE_SYNC',
  'CHAIN_GAP',
  'CHAIN_FORK',
] as const

/** Why this record alone is not an A. */
export function gradeReasons(event: VisitEvent): string[] {
  const why: string[] = []
  const codes = new Set(event.codes)
  if (codes.has('CAPTURE_WEAK') || event.capture === 'typed' || event.capture === 'photo') {
    why.push(t(event.capture === 'typed' ? 'why_typed' : event.capture === 'photo' ? 'why_photo' : 'why_no_code'))
  }
  if (codes.has('CLOCK_FAR')) codes.delete('CLOCK')
  if (why.includes(t('why_no_code'))) codes.delete('TOKEN_MISSING')
  for (const code of LOWERS) {
    if (!codes.has(code)) continue
    if (code !== 'LOCATION_FAR') why.push(t(`why_${code}`))
    else if (event.distance_m === null) why.push(t('why_LOCATION_FAR_plain'))
    else why.push(t('why_LOCATION_FAR', { distance: distanceText(event.distance_m) }))
  }
  return why
}

/** One sentence on the whole visit: the grade, and why it is not A. */
export function gradeSentence(visit: Pick<VisitDetail, 'grade' | 'holds' | 'events'>): string {
  const { grade, holds } = visit
  if (grade === null) return t(visit.events.length ? 'g_open' : 'g_none')
  if (grade === 'A') return holds > 0 ? t('g_A_held', { n: holds }) : t('g_A')
  if (grade === 'D') return t('g_D')
  const parts: string[] = []
  for (const event of visit.events) {
    if (event.verdict === 'refused' || event.annulled || event.kind === 'annul' || event.grade === null || event.grade === 'A') continue
    // A lesser weakness is not why the visit has the grade that it has.
    if (event.grade < grade) continue
    const reasons = gradeReasons(event)
    if (reasons.length) parts.push(t('g_at', { kind: lowered(t(`kind_${event.kind}`)), reason: reasons.join(t('g_and')) }))
  }
  if (!parts.length) return t('g_not_A_plain', { grade })
  return t('g_not_A', { grade, reasons: parts.join(t('g_join')) })
}

/** What happened, where the state alone does not say it. */
export function stateSentence(visit: Pick<VisitDetail, 'op_state'>): string | null {
  const { op_state } = visit
  if (op_state === 'missed' || op_state === 'unclosed' || op_state === 'not_served' || op_state === 'cancelled') return t(`says_${op_state}`)
  return null
}

const lowered = (text: string): string => (lang.value === 'zh' ? text : text.toLowerCase())

const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

/** The figures of a finding in words, where there are any. */
export function findingDetail(finding: Pick<Finding, 'code' | 'data'>): string | null {
  const data = finding.data ?? {}
  const n = (name: string) => number(data[name])
  const said: string[] = []
  const [distance, accuracy, minutes, seconds] = [n('distance_m'), n('accuracy_m'), n('minutes'), n('seconds')]
  switch (finding.code) {
    case 'LATE_SYNC':
      if (minutes !== null) said.push(t('d_minutes', { n: minutes }))
      break
    case 'OUTSIDE_WINDOW':
    case 'FAR_OUTSIDE_WINDOW':
      if (minutes !== null) said.push(t(data.side === 'early' ? 'd_minutes_early' : 'd_minutes', { n: minutes }))
      break
    case 'CLOCK':
    case 'CLOCK_FAR':
      if (seconds !== null) said.push(t('d_clock', { length: lengthText(seconds * 1000) }))
      break
    case 'LOCATION_STALE':
      if (seconds !== null) said.push(t('d_stale', { length: lengthText(seconds * 1000) }))
      break
    case 'TOO_SHORT': {
      const needed = n('needed')
      if (minutes !== null && needed !== null) said.push(t('d_lasted', { minutes, min: needed }))
      break
    }
    case 'TOO_LONG': {
      const longest = n('longest')
      if (minutes !== null && longest !== null) said.push(t('d_lasted_long', { minutes, max: longest }))
      break
    }
    case 'CARERS_MISSING': {
      const [came, needed] = [n('came'), n('needed')]
      if (came !== null && needed !== null) said.push(t('d_carers', { came, needed }))
      break
    }
    case 'MONTH_QUOTA_REACHED': {
      const [used, max] = [n('used'), n('quota')]
      if (used !== null && max !== null) said.push(t('d_quota', { used, max }))
      break
    }
    default:
      if (distance !== null) said.push(t('d_distance', { distance: distanceText(distance) }))
      if (accuracy !== null) said.push(t('d_accuracy', { distance: distanceText(accuracy) }))
  }
  return said.length ? said.join(t('g_and')) : null
}

const RANK: Record<Severity, number> = { refuse: 0, hold: 1, warn: 2, info: 3 }

export interface FindingGroup {
  code: string
  severity: Severity
  /** Each time that it was found. */
  each: Finding[]
}

/** One line a code, the grave ones first; what an annulled record brought, or a later one answered, does not count: check-in and check-out often share the same weakness. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup>()
  for (const finding of findings) {
    if (finding.annulled || finding.answered) continue
    const key = `${finding.severity} ${finding.code}`
    const group = groups.get(key)
    if (group) group.each.push(finding)
    else groups.set(key, { code: finding.code, severity: finding.severity, each: [finding] })
  }
  return [...groups.values()].sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

/** 09:02–09:40, or how far it has come. */
export function actualText(row: Pick<VisitRow, 'started_at' | 'ended_at'>): string | null {
  const { started_at, ended_at } = row
  if (started_at && ended_at) return t('actual', { from: clock(started_at), to: clock(ended_at) })
  if (started_at) return t('actual_open', { from: clock(started_at) })
  return ended_at ? t('actual_out', { to: clock(ended_at) }) : null
}

export const windowText = (row: Pick<VisitRow, 'window_start' | 'window_end'>): string => `${clock(row.window_start)}–${clock(row.window_end)}`

/** Where and when a finding was made, if it belongs to a record. */
export function findingPlace(finding: Finding, events: readonly VisitEvent[]): string | null {
  const event = events.find((other) => other.event_id === finding.event_id)
  return event ? t('finding_at', { kind: t(`kind_${event.kind}`), at: dayClock(event.claimed_at).replace(/^.* /, '') }) : null
}
