/** The two judges of a record side by side where they differ, and why a phone's clock was wrong, in words. */
import type { Finding, VisitEvent } from '../api/wire'
import { findingText } from '../i18n/remedies'
import { verdicts as t } from '../i18n/verdicts'
import { Icon } from '../ui'
import { dayClock } from '../ui/format'
import { lengthText } from './evidence'

const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const codesOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((code) => typeof code === 'string') : [])

/** UTC+9, UTC-3:30 */
export function zoneText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`
}

const CAUSES = ['zone', 'year', 'jump', 'steady', 'restart', 'unknown'] as const

/** What kind of wrong time it was, where the finding knows. */
export function timeCause(finding: Pick<Finding, 'code' | 'data'>): string | null {
  if (finding.code === 'TIME_UNPROVEN') return unproven(finding)
  return finding.code === 'CLOCK' || finding.code === 'CLOCK_FAR' ? clockCause(finding) : null
}

/** Records of before the phone spoke of its clock do not say. */
function clockCause({ data }: Pick<Finding, 'data'>): string | null {
  const cause = CAUSES.find((one) => one === data.cause)
  if (!cause) return null
  const [zone, jump] = [number(data.zone_min), number(data.jump_s)]
  if (cause === 'zone' && zone !== null) return t('cause_zone', { zone: zoneText(zone) })
  if (cause === 'jump' && jump !== null) return t('cause_jump_by', { way: t(jump > 0 ? 'forward' : 'back'), length: lengthText(jump * 1000) })
  const said = t(`cause_${cause}`)
  return zone === null ? said : [said, t('other_zone', { zone: zoneText(zone) })].join(t('comma'))
}

function unproven({ data }: Pick<Finding, 'data'>): string | null {
  const restarts = number(data.restarts)
  if (data.reason === 'restarted') return restarts && restarts > 1 ? t('unproven_restarted_n', { n: restarts }) : t('unproven_restarted')
  return data.reason === 'no_anchor' || data.reason === 'anchor_invalid' ? t(`unproven_${data.reason}`) : null
}

export function TwoVerdicts({ finding, event }: { finding: Finding; event: VisitEvent | undefined }) {
  const [phone, server] = [codesOf(finding.data.phone), codesOf(finding.data.server)]
  const seen = event?.judged?.facts_at
  return (
    <>
      <div class="two-verdicts">
        <Side title={t('by_phone')} codes={phone} other={server} />
        <Side title={t('by_server')} codes={server} other={phone} />
      </div>
      {seen && <p class="soft num">{t('as_of', { at: dayClock(seen) })}</p>}
    </>
  )
}

function Side({ title, codes, other }: { title: string; codes: readonly string[]; other: readonly string[] }) {
  return (
    <div>
      <b>{title}</b>
      <ul class="plain">
        {codes.map((code) => (
          <li key={code}>
            {findingText(code)}
            {!other.includes(code) && <Icon name="warn" label={t('only_here')} />}
          </li>
        ))}
        {!codes.length && <li class="soft">{t('nothing')}</li>}
      </ul>
    </div>
  )
}
