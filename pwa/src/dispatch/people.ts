/** Caregivers as data: certificates that end, phones that are silent, the secret in groups. Pure. */
import type { Caregiver } from '../api/wire'
import { t } from '../i18n/dispatch'
import { civilDay, clock } from '../ui'
import { monthDay } from '../ui/format'

export const SOON_DAYS = 30
const SILENT_MS = 3 * 86_400_000
const STALE_MS = 86_400_000

export type CertState = 'fine' | 'soon' | 'expired' | 'open'

const daysBetween = (from: string, to: string): number => Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)

/** `valid_until` is the last good day. */
export function certState(valid_until: string | null, today: string): { state: CertState; days: number } {
  if (valid_until === null) return { state: 'open', days: Number.POSITIVE_INFINITY }
  const days = daysBetween(today, valid_until)
  return { state: days < 0 ? 'expired' : days <= SOON_DAYS ? 'soon' : 'fine', days }
}

export function certNote(valid_until: string | null, today: string): string {
  const { state, days } = certState(valid_until, today)
  if (state === 'open') return t('cert_open')
  if (state === 'expired') return t('cert_expired', { n: -days })
  if (state === 'soon') return days === 0 ? t('cert_today') : t('cert_soon', { n: days })
  return t('cert_until', { day: (valid_until as string).replaceAll('-', '/') })
}

const KINDS = ['health_certificate', 'nurse_licence', 'care_worker_certificate'] as const
export function certName(kind: string): string {
  return (KINDS as readonly string[]).includes(kind) ? t(`q_${kind as (typeof KINDS)[number]}`) : kind
}

export type PeopleFilter = 'all' | 'no_phone' | 'cert' | 'silent' | 'silent_today' | 'stale'

export function fitsPeople(person: Caregiver, filter: PeopleFilter, { today, now }: { today: string; now: number }): boolean {
  switch (filter) {
    case 'no_phone':
      return person.device === null
    case 'cert':
      return !person.qualifications.length || person.qualifications.some((one) => ['soon', 'expired'].includes(certState(one.valid_until, today).state))
    case 'silent':
      return person.device !== null && now - Date.parse(person.device.last_seen_at ?? person.device.enrolled_at) > SILENT_MS
    case 'silent_today':
      return silentToday(person, now)
    case 'stale':
      return stale(person, now)
    default:
      return true
  }
}

/** The first of today's visits should have begun, and the phone has not been heard since midnight. */
export function silentToday({ device, first_visit_at }: Pick<Caregiver, 'device' | 'first_visit_at'>, now: number): boolean {
  if (device === null || first_visit_at === null || now < Date.parse(first_visit_at)) return false
  return civilDay(device.last_seen_at ?? device.enrolled_at) < civilDay(now)
}

/** A record has been waiting on the phone for more than a day. */
export function stale({ device }: Pick<Caregiver, 'device'>, now: number): boolean {
  return Boolean(device?.waiting) && device?.oldest_waiting_at != null && now - Date.parse(device.oldest_waiting_at) > STALE_MS
}

/** The clock time, and the day where it is not today. */
const heardAt = (at: string, now: number): string => (civilDay(at) === civilDay(now) ? clock(at) : `${monthDay(at)} ${clock(at)}`)

/** 最后联系 09:12 · 3 条待传 · 版本 1.2 · 存储已保护: only what the phone has ever said. */
export function phoneLine({ device }: Pick<Caregiver, 'device'>, now: number): string[] {
  if (device === null) return []
  const { last_seen_at, waiting, app_version, persisted, standalone } = device
  const said = [last_seen_at === null ? t('never_seen') : t('p_heard', { at: heardAt(last_seen_at, now) })]
  if (waiting !== null) said.push(waiting ? t('p_waiting', { n: waiting }) : t('p_waiting_none'))
  if (app_version !== null) said.push(t('p_version', { v: app_version }))
  if (persisted !== null) said.push(t(persisted ? 'p_kept' : 'p_not_kept'))
  if (standalone === false) said.push(t('p_browser'))
  return said
}

export function matchesName(person: Pick<Caregiver, 'name'>, q: string): boolean {
  return person.name.toLowerCase().includes(q.trim().toLowerCase())
}

export function agoText(at: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000)
  if (minutes < 1) return t('just_now')
  if (minutes < 60) return t('ago_minutes', { n: minutes })
  if (minutes < 48 * 60) return t('ago_hours', { n: Math.floor(minutes / 60) })
  return t('ago_days', { n: Math.floor(minutes / 1440) })
}

/** The secret as it is read aloud. */
export const inFours = (secret: string): string[] => secret.match(/.{1,4}/g) ?? []

/** 9:05 */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
