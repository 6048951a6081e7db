/** How states look: always a word and a sign, the colour only repeats them. */
import type { Grade, OpState, Severity, VerifyState, VisitRow } from '../api/wire'
import { opName, serviceName, verifyName } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { contentName } from '../i18n/services'
import { Icon, type IconName, Tag } from '../ui'
import { dayClock, minutesText } from '../ui/format'
import { type Filter, isLate, isUnknown, lateMs } from './board'

type Tone = '' | 'good' | 'warn' | 'bad' | 'info'
interface Look {
  icon: IconName
  tone: Tone
}

const OP_LOOKS: Record<OpState, Look> = {
  planned: { icon: 'people', tone: 'warn' },
  assigned: { icon: 'clock', tone: '' },
  in_progress: { icon: 'home', tone: 'info' },
  completed: { icon: 'check', tone: 'good' },
  missed: { icon: 'cross', tone: 'bad' },
  not_served: { icon: 'nobody', tone: 'warn' },
  unclosed: { icon: 'signout', tone: 'bad' },
  cancelled: { icon: 'undo', tone: '' },
}
const UNKNOWN: Look = { icon: 'offline', tone: 'warn' }
export const FILTER_LOOKS: Record<Filter, Partial<Look>> = {
  ...OP_LOOKS,
  all: {},
  late: { icon: 'warn', tone: 'bad' },
  unknown: UNKNOWN,
  held: { icon: 'shield', tone: 'warn' },
}
const VERIFY_LOOKS: Record<VerifyState, Look> = {
  none: { icon: 'clock', tone: '' },
  pending: { icon: 'clock', tone: '' },
  auto_verified: { icon: 'counted', tone: 'good' },
  verified: { icon: 'counted', tone: 'good' },
  needs_review: { icon: 'shield', tone: 'warn' },
  rejected: { icon: 'cross', tone: 'bad' },
  reopened: { icon: 'undo', tone: 'warn' },
}
export const SEVERITY_LOOKS: Record<Severity, Look> = {
  refuse: { icon: 'cross', tone: 'bad' },
  hold: { icon: 'shield', tone: 'bad' },
  warn: { icon: 'warn', tone: 'warn' },
  info: { icon: 'info', tone: 'info' },
}

export const serviceLine = (row: Pick<VisitRow, 'service_type' | 'content'>): string => `${serviceName(row.service_type)} · ${contentName(row.content)}`

export function StateTags({ row, now }: { row: VisitRow; now: number }) {
  const unknown = isUnknown(row, now)
  const { icon, tone } = unknown ? (UNKNOWN) : OP_LOOKS[row.op_state]
  return (
    <span class="tags">
      <Tag icon={icon} tone={tone}>
        {unknown ? t('unknown') : opName(row.op_state)}
      </Tag>
      {unknown && row.heard_at && <span class="small">{t('unknown_since', { time: dayClock(row.heard_at) })}</span>}
      {isLate(row, now) && (
        <Tag icon="warn" tone={row.started_at ? 'warn' : 'bad'}>
          {t('late_by', { minutes: minutesText(lateMs(row, now)) })}
        </Tag>
      )}
      {row.holds > 0 && (
        <Tag icon="shield" tone="warn">
          {row.holds === 1 ? t('holds_one') : t('holds', { n: row.holds })}
        </Tag>
      )}
    </span>
  )
}

export function GradeMark({ grade }: { grade: Grade | null }) {
  if (grade === null) return null
  return (
    <span class={`grade grade-${grade}`}>
      <span class="only-read">{t('col_evidence')} </span>
      {grade}
    </span>
  )
}

export function VerifyWord({ state }: { state: VerifyState }) {
  if (state === 'none') return null
  const { icon, tone } = VERIFY_LOOKS[state]
  return (
    <span class={`verify ${tone}`}>
      <Icon name={icon} />
      {verifyName(state)}
    </span>
  )
}
