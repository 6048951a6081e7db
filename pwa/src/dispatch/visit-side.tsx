/** Beside the records of a visit: what was found, where it is, the plan, and who was sent. */
import type { Finding, VisitDetail } from '../api/wire'
import { t } from '../i18n/dispatch'
import { findingText, remedy } from '../i18n/remedies'
import { contentName } from '../i18n/services'
import { Link } from '../router'
import { Button, Icon, Notice, Tag } from '../ui'
import { dayClock, fullDay } from '../ui/format'
import { dayShift } from './board'
import { findingDetail, findingPlace, groupFindings } from './evidence'
import { SEVERITY_LOOKS } from './states'
import { officePart } from './story'
import { timeCause, TwoVerdicts } from './verdicts'

export function Findings({ visit }: { visit: VisitDetail }) {
  const groups = groupFindings(visit.findings)
  return (
    <section class="card stack tight">
      <h2>{t('s_findings')}</h2>
      {groups.length === 0 ? (
        <p class="soft with-icon">
          <Icon name={visit.events.length ? 'check' : 'info'} />
          {t(visit.events.length ? 'no_findings' : 'no_findings_none')}
        </p>
      ) : (
        <ul class="findings">
          {groups.map((group) => {
            const { icon, tone } = SEVERITY_LOOKS[group.severity]
            const todo = remedy(group.code)
            return (
              <li key={`${group.severity}${group.code}`}>
                <Tag icon={icon} tone={tone}>
                  {t(`sev_${group.severity}`)}
                </Tag>
                <div>
                  <b>{findingText(group.code)}</b>
                  {group.each.map((finding) => (
                    <FindingLine key={`${finding.event_id}${finding.at}`} finding={finding} visit={visit} />
                  ))}
                  {todo && (
                    <p>
                      <span class="soft">{t('finding_do')}</span>
                      {todo}
                    </p>
                  )}
                  <small class="soft">{t(`sev_${group.severity}_hint`)}</small>
                </div>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}

function FindingLine({ finding, visit }: { finding: Finding; visit: VisitDetail }) {
  const said = [findingPlace(finding, visit.events), findingDetail(finding)].filter(Boolean)
  const cause = timeCause(finding)
  const office = officePart(finding, visit)
  return (
    <>
      {said.length > 0 && <p class="num">{said.join(t('colon'))}</p>}
      {cause && <p class="num">{cause}</p>}
      {office && <p class="num">{office}</p>}
      {finding.code === 'JUDGED_OTHERWISE' && <TwoVerdicts finding={finding} event={visit.events.find((one) => one.event_id === finding.event_id)} />}
    </>
  )
}

export function PlaceAndPlan({ visit, onPoint }: { visit: VisitDetail; onPoint: (() => void) | null }) {
  const { plan, household } = visit
  return (
    <section class="card stack tight">
      <h2>{t('s_place')}</h2>
      <Link to={`/dispatch/elders/${visit.elder.id}`} class="with-icon">
        <Icon name="person" /> {visit.elder.name}
      </Link>
      <p class="with-icon">
        <Icon name="place" />
        <span>
          {household.address}
          {!household.address.includes(household.community ?? '') && <small class="soft">{household.community}</small>}
        </span>
      </p>
      {!visit.point && (
        <Notice tone="warn" icon="place">
          {remedy('HOME_POINT_MISSING')}
        </Notice>
      )}
      {onPoint && (
        <Button icon="place" onClick={onPoint}>
          {t('point_set')}
        </Button>
      )}
      <h2>{t('s_plan')}</h2>
      {plan ? (
        <ul class="plain">
          <li>{contentName(visit.content)}</li>
          <li>{t('plan_line', { n: plan.version, frequency: plan.frequency })}</li>
          {plan.min_minutes !== null && (
            <li>
              {plan.max_minutes === null
                ? t('plan_minutes_min', { min: plan.min_minutes })
                : t('plan_minutes', { min: plan.min_minutes, max: plan.max_minutes })}
            </li>
          )}
          <li class="num">{plan.valid_to ? t('plan_term', { from: day(plan.valid_from), to: day(dayShift(plan.valid_to, -1)) }) : t('plan_term_open', { from: day(plan.valid_from) })}</li>
        </ul>
      ) : (
        <p class="soft">{t('plan_none')}</p>
      )}
      <p class="soft">{visit.provider.name}</p>
    </section>
  )
}

// On the wire a term ends on the first day after it; people name the last day in it.
const day = (civil: string): string => fullDay(`${civil}T12:00:00+08:00`)

export function Assignments({ visit }: { visit: VisitDetail }) {
  return (
    <section class="card stack tight">
      <h2>{t('s_assignments')}</h2>
      {visit.assignments.length === 0 ? (
        <p class="soft">{t('no_assignments')}</p>
      ) : (
        <ol class="history">
          {visit.assignments.map((one) => (
            <li key={`${one.caregiver.id}${one.assigned_at}`}>
              <span class="row wrap">
                <b>{one.caregiver.name}</b>
                {one.ended_at === null && visit.op_state !== 'cancelled' && (
                  <Tag tone="good" icon="check">
                    {t('assigned_live')}
                  </Tag>
                )}
              </span>
              <small class="soft num">
                {one.assigned_by ? t('assigned_line', { at: dayClock(one.assigned_at), by: one.assigned_by }) : t('assigned_line_auto', { at: dayClock(one.assigned_at) })}
                {one.ended_at && `${t('comma')}${t('assigned_until', { at: dayClock(one.ended_at) })}`}
              </small>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
