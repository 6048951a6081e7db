/** Caregivers as data: certificates that end, phones that are silent, the secret in groups. Pure. */
import type { Caregiver } from '../api/wire'
import { t } from '../i18n/dispatch'

export const SOON_DAYS = 30
const SILENT_MS = 3 * 86_400_000

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

export type PeopleFilter = 'all' | 'no_phone' | 'cert' | 'silent'

export function fitsPeople(person: Caregiver, filter: PeopleFilter, { today, now }: { today: string; now: number }): boolean {
  switch (filter) {
    case 'no_phone':
      return person.device === null
    case 'cert':
      return !person.qualifications.length || person.qualifications.some((one) => ['soon', 'expired'].includes(certState(one.valid_until, today).state))
    case 'silent':
      return person.device !== null && now - Date.parse(person.device.last_seen_at ?? person.device.enrolled_at) > SILENT_MS
    default:
      return true
  }
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
