/** Pieces that several screens of the caregiver share. */
import type { DoorVisit, ServiceType } from '../api/wire'
import { lang } from '../i18n'
import { opName, serviceName } from '../i18n/common'
import { door as t } from '../i18n/door'
import { clock, Icon, Tag } from '../ui'
import { locating } from './position'
import type { Call } from './state'

export function ServiceMark({ type }: { type: ServiceType }) {
  return (
    <span class={`service ${type}`}>
      <Icon name={type} />
      {serviceName(type)}
    </span>
  )
}

const TONES: Record<Call['standing']['state'], '' | 'good' | 'warn' | 'bad' | 'info'> = {
  planned: '',
  assigned: '',
  in_progress: 'info',
  completed: 'good',
  missed: 'warn',
  not_served: 'warn',
  unclosed: 'warn',
  cancelled: 'bad',
}

export function StandingTag({ call }: { call: Call }) {
  const { state } = call.standing
  return <Tag tone={TONES[state]}>{opName(state)}</Tag>
}

export const windowText = ({ window_start, window_end }: Pick<DoorVisit, 'window_start' | 'window_end'>) =>
  window_start === window_end ? clock(window_start) : t('window', { from: clock(window_start), to: clock(window_end) })

export function elderText({ elder }: DoorVisit): string {
  const sex = elder.sex === 'male' ? t('male') : elder.sex === 'female' ? t('female') : ''
  const age = elder.age === null ? '' : t('age', { n: elder.age })
  return [sex, age].filter(Boolean).join(lang.value === 'zh' ? ' ' : ', ')
}

export const taskName = ({ zh, en }: { zh: string; en: string }) => (lang.value === 'zh' ? zh : en || zh)

export function LocationLine() {
  const { busy, fix, error } = locating.value
  const text = fix ? t('loc_have', { n: Math.max(1, Math.round(fix.accuracy_m)) }) : busy ? t('loc_busy') : error ? t(`loc_${error}`) : null
  if (!text) return null
  return (
    <p class={`location ${fix ? 'have' : ''}`} role="status">
      <Icon name="place" />
      <span>
        {text}
        {busy && !fix && (
          <>
            <br />
            {t('loc_why')}
          </>
        )}
      </span>
    </p>
  )
}
