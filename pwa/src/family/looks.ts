/** How a visit's state looks: a colour, a sign and a word, never a colour alone. */
import { family as t } from '../i18n/family'
import { clock, type IconName } from '../ui'
import type { Change, State, Visit } from './wire'

export const TONES: Record<State, '' | 'good' | 'warn' | 'bad' | 'info'> = {
  coming: '',
  now: 'info',
  done: 'good',
  late: 'warn',
  missed: 'bad',
  not_served: 'bad',
  cancelled: '',
  unknown: 'warn',
}
export const SIGNS: Record<State, IconName> = {
  coming: 'clock',
  now: 'person',
  done: 'check',
  late: 'clock',
  missed: 'cross',
  not_served: 'cross',
  cancelled: 'undo',
  unknown: 'offline',
}

export const stateName = (state: State): string => t(`state_${state}`)
export const planned = ({ window_start, window_end }: Visit): string => `${clock(window_start)}–${clock(window_end)}`
export const who = (visit: Visit): string => visit.caregivers.map(({ surname, role }) => t(`role_${role}`, { name: surname })).join('、') || t('who_unknown')

/** 08:35 到，09:20 走 */
export function realTimes({ started_at, ended_at }: Visit): string {
  if (!started_at) return ''
  return [`${clock(started_at)} ${t('came')}`, ended_at && `${clock(ended_at)} ${t('left')}`].filter(Boolean).join(' · ')
}

const CHANGES = ['cancelled', 'restored', 'reassigned', 'rescheduled', 'home_moved', 'recorded_by_hand'] as const
const WHYS = ['elder_absent', 'elder_deceased', 'plan_not_active', 'plan_changed'] as const

function oneOf<T extends string>(known: readonly T[], given: string | null): T | null {
  return known.find((one) => one === given) ?? null
}

export function changeName(what: string): string {
  return t(`change_${oneOf(CHANGES, what) ?? 'other'}`)
}

/** Why it was changed: a reason of the list, or the office's own words. */
export function whyOf({ why, why_code }: Pick<Change, 'why' | 'why_code'>): string | null {
  const code = oneOf(WHYS, why_code)
  return code ? t(`why_${code}`) : why
}
