/** A push message as data: reading it, whom it is for, where it leads, and its words. Pure. */
import { CAREGIVER_KINDS, DESK_KINDS, FAMILY_KINDS, type PushMessage, type ReminderKind } from '../api/wire-reminders'
import type { Lang } from '../i18n'
import { PUSH } from '../i18n/push'

export type Audience = 'caregiver' | 'dispatcher' | 'family'

const KINDS: ReadonlySet<string> = new Set([...CAREGIVER_KINDS, ...DESK_KINDS, ...FAMILY_KINDS, 'test'])
const has = (kinds: readonly string[], kind: string) => kinds.includes(kind)
const textOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string'

/** Null for what is not ours, or is of a later version of the app. */
export function readMessage(text: string | null | undefined): PushMessage | null {
  let read: Partial<PushMessage> | null
  try {
    read = JSON.parse(text ?? '') as Partial<PushMessage> | null
  } catch {
    return null
  }
  if (!read || read.v !== 1 || !read.id || !read.topic || !KINDS.has(read.kind ?? '')) return null
  const { visit = null, at = null, day = null, useless = '' } = read
  if (![visit, at, day].every(textOrNull)) return null
  return { v: 1, id: String(read.id), kind: read.kind as ReminderKind, visit, at, day, topic: String(read.topic), useless }
}

/** Whose a kind is; a test is for whoever asked for it, which only this browser knows. */
export function audienceOf(kind: ReminderKind): Audience | null {
  if (has(DESK_KINDS, kind)) return 'dispatcher'
  if (has(FAMILY_KINDS, kind)) return 'family'
  return kind === 'test' ? null : 'caregiver'
}

/** The page of the app that a click leads to. */
export function pageOf({ kind, visit }: Pick<PushMessage, 'kind' | 'visit'>, to: Audience): string {
  if (to === 'family') return kind === 'test' ? '/family/settings' : visit ? `/family/visit/${visit}` : '/family'
  if (to === 'dispatcher') {
    if (kind === 'test') return '/dispatch/reminders/settings'
    if (kind === 'caregiver_unreached') return '/dispatch/reminders'
    return visit ? `/dispatch/visits/${visit}` : '/dispatch/reminders/desk'
  }
  if (kind === 'test') return '/door/settings/reminders'
  if (kind === 'records_waiting') return '/door/records'
  return visit ? `/door/visit/${visit}` : '/door'
}

/** Stays on the screen until somebody touches it. */
export const isUrgent = (kind: ReminderKind): boolean => has(['next_call', 'not_checked_in', 'still_open', ...DESK_KINDS], kind)

function fill(key: keyof typeof PUSH, lang: Lang, params: Record<string, string> = {}): string {
  const text = PUSH[key][lang === 'zh' ? 0 : 1]
  // A hole without a value leaves no gap behind.
  return text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '').replace(/ {2,}/g, ' ').trim()
}

export const knownWord = (lang: Lang): string => fill('push_known', lang)

export function dayText(day: string | null, lang: Lang): string {
  const [, m, d] = /^\d{4}-(\d\d)-(\d\d)$/.exec(day ?? '') ?? []
  return m && d ? fill('push_day', lang, { m: String(Number(m)), d: String(Number(d)) }) : ''
}

export function textOf(message: Pick<PushMessage, 'kind' | 'at' | 'day'> | null, lang: Lang): { title: string; body: string } {
  const kind = message?.kind ?? 'unread'
  const params = { at: message?.at ?? '', day: dayText(message?.day ?? null, lang) }
  return { title: fill(`push_${kind}`, lang, params), body: fill(`push_${kind}_body`, lang, params) }
}
