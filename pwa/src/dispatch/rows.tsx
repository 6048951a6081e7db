/** The visits of a day: a table where there is room, cards on a phone. Both say the same. */
import type { VisitRow } from '../api/wire'
import { t } from '../i18n/dispatch'
import { Link } from '../router'
import { Button, Icon, Tag } from '../ui'
import { canAssign, type Group } from './board'
import { actualText, windowText } from './evidence'
import { GradeMark, serviceLine, StateTags, VerifyWord } from './states'

interface Props {
  groups: readonly Group[]
  now: number
  /** The day shown is today, so one of its hours is now. */
  today: boolean
  /** Rows that have just changed by themselves. */
  touched: ReadonlySet<string>
  providers: boolean
  /** Null for those who only read. */
  onAssign: ((row: VisitRow) => void) | null
}

const groupTitle = (group: Group): string => (group.hour < 0 ? t('group_before') : t('group_from', { hour: group.hour }))
const groupCount = (group: Group): string => (group.rows.length === 1 ? t('group_count_one') : t('group_count', { n: group.rows.length }))
const isNow = (group: Group, props: Props): boolean => props.today && group.hour === (new Date(props.now).getUTCHours() + 8) % 24

function GroupHead({ group, now }: { group: Group; now: boolean }) {
  return (
    <>
      <span>{groupTitle(group)}</span> <span class="soft num">{groupCount(group)}</span>
      {now && <Tag icon="clock">{t('group_now')}</Tag>}
    </>
  )
}

function Names({ row }: { row: VisitRow }) {
  if (!row.caregivers.length) return <span class="soft">{t('nobody_assigned')}</span>
  const last = row.caregivers.length - 1
  return (
    <span>
      {row.caregivers.map((one, i) => (
        <span key={one.id} class="nowrap">
          {one.name}
          {i < last && t('g_and')}
        </span>
      ))}
    </span>
  )
}

function AssignButton({ row, onAssign }: { row: VisitRow; onAssign: (row: VisitRow) => void }) {
  if (!canAssign(row)) return null
  const empty = row.caregivers.length === 0
  return (
    <Button kind={empty ? 'primary' : 'plain'} class="small" onClick={() => onAssign(row)} aria-label={`${t(empty ? 'assign' : 'reassign')}${t('colon')}${row.elder.name} ${windowText(row)}`}>
      {t(empty ? 'assign' : 'reassign')}
    </Button>
  )
}

export function VisitTable(props: Props) {
  const columns = 6 + (props.providers ? 1 : 0) + (props.onAssign ? 1 : 0)
  return (
    <div class="table-box">
      <table class="visits">
        <thead>
          <tr>
            <th scope="col">{t('col_time')}</th>
            <th scope="col">{t('col_elder')}</th>
            <th scope="col">{t('col_service')}</th>
            <th scope="col">{t('col_caregivers')}</th>
            {props.providers && <th scope="col">{t('col_provider')}</th>}
            <th scope="col">{t('col_state')}</th>
            <th scope="col">{t('col_evidence')}</th>
            {props.onAssign && (
              <th scope="col">
                <span class="only-read">{t('col_actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        {props.groups.map((group) => (
          <tbody key={group.hour}>
            <tr class={isNow(group, props) ? 'group now' : 'group'}>
              <th scope="rowgroup" colSpan={columns}>
                <GroupHead group={group} now={isNow(group, props)} />
              </th>
            </tr>
            {group.rows.map((row) => (
              <tr key={row.id} class={props.touched.has(row.id) ? 'touched' : undefined}>
                <td class="num nowrap">
                  <b>{windowText(row)}</b>
                  <small class="soft">{actualText(row)}</small>
                </td>
                <td>
                  <Link to={`/dispatch/visits/${row.id}`} class="row-link" aria-label={t('open_visit', { elder: row.elder.name })}>
                    {row.elder.name}
                  </Link>
                  <small class="soft">{row.household.address}</small>
                </td>
                <td>
                  <span class="with-icon nowrap">
                    <Icon name={row.service_type} />
                    {serviceLine(row)}
                  </span>
                </td>
                <td>
                  <Names row={row} />
                </td>
                {props.providers && <td>{row.provider.name}</td>}
                <td>
                  <StateTags row={row} now={props.now} />
                </td>
                <td>
                  <span class="evidence">
                    <GradeMark grade={row.grade} />
                    <VerifyWord state={row.verify_state} />
                  </span>
                </td>
                {props.onAssign && (
                  <td class="act">
                    <AssignButton row={row} onAssign={props.onAssign} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

export function VisitCards(props: Props) {
  return (
    <div class="stack">
      {props.groups.map((group) => (
        <section key={group.hour} class="stack tight">
          <h2 class={isNow(group, props) ? 'group now' : 'group'}>
            <GroupHead group={group} now={isNow(group, props)} />
          </h2>
          <ul class="stack tight">
            {group.rows.map((row) => (
              <li key={row.id} class={props.touched.has(row.id) ? 'visit-card card touched' : 'visit-card card'}>
                <div class="row spread">
                  <b class="num nowrap">{windowText(row)}</b>
                  <StateTags row={row} now={props.now} />
                </div>
                <div>
                  <Link to={`/dispatch/visits/${row.id}`} class="row-link" aria-label={t('open_visit', { elder: row.elder.name })}>
                    {row.elder.name}
                  </Link>
                  <span class="soft"> {serviceLine(row)}</span>
                </div>
                <small class="soft">{row.household.address}</small>
                {actualText(row) && (
                  <div class="row wrap">
                    <small class="num">{actualText(row)}</small>
                    <span class="evidence">
                      <GradeMark grade={row.grade} />
                      <VerifyWord state={row.verify_state} />
                    </span>
                  </div>
                )}
                <div class="row spread">
                  <span class="with-icon">
                    <Icon name="person" />
                    <Names row={row} />
                  </span>
                  {props.onAssign && <AssignButton row={row} onAssign={props.onAssign} />}
                </div>
                {props.providers && <small class="soft">{row.provider.name}</small>}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
