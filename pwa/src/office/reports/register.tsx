/** The service register: a row for each served visit, and the sheet that is printed and filed. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import { serviceName, type ServiceType } from '../../i18n/common'
import { p } from '../../i18n/reports'
import { contentName } from '../../i18n/services'
import { Link } from '../../router'
import { Button, civilDay, clock, EmptyState, ErrorState, Loading, Tag } from '../../ui'
import { monthDay } from '../../ui/format'
import { PageHead, ProblemNotice, StaleNotice } from '../../ui/desk'
import { download } from '../files'
import { More, usePages } from '../pages'
import { markOf } from './marks'
import { isPeriod, monthOf, type Period, PeriodFields, wire } from './period'
import './reports.css'

type Page = components['schemas']['Register']
const MARKS = { open: ['', 'mark_open'], rejected: ['bad', 'mark_rejected'] } as const
const NOTHING = { items: [] as Page['items'], next: null, total: 0 }

function Mark({ state }: { state: string }) {
  const mark = markOf(state)
  if (!mark) return null
  const [tone, word] = MARKS[mark]
  return <Tag tone={tone}>{p(word)}</Tag>
}

export function RegisterPage() {
  const period = useSignal<Period>(monthOf(civilDay(Date.now())))
  const writing = useSignal(false)
  const failed = useSignal<unknown>(null)
  const asked = isPeriod(period.value) ? wire(period.value) : null
  const read = usePages(JSON.stringify(asked), async (cursor, signal) => {
    if (!cursor) failed.value = null
    return asked ? api.get<Page>('/api/v1/register', { ...asked, cursor }, { signal }) : NOTHING
  })
  const { page, items } = read

  async function fetchSheet() {
    writing.value = true
    failed.value = null
    try {
      await download('/api/v1/register.xlsx', `${p('register_title')}-${period.value.since}-${period.value.last}.xlsx`, asked ?? {})
    } catch (error) {
      failed.value = error
    }
    writing.value = false
  }

  return (
    <div class="stack page">
      <PageHead title={p('register_title')} note={p('register_note')}>
        <Button kind="primary" icon="download" busy={writing.value} disabled={!page?.total} onClick={() => void fetchSheet()}>
          {p('register_file')}
        </Button>
      </PageHead>
      <PeriodFields period={period} />
      <ProblemNotice error={failed.value} />
      {read.error.value && page ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!asked ? (
        <EmptyState icon="calendar" title={p('choose_period')} />
      ) : !page ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !items.length ? (
        <EmptyState icon="records" title={p('nothing')} />
      ) : (
        <>
          <p class="soft num">{p('register_total', { n: page.total })}</p>
          <div class="table-box trail">
            <table>
              <thead>
                <tr>
                  {(['reg_time', 'reg_elder', 'reg_place', 'reg_service', 'reg_who', 'reg_marks'] as const).map((name) => (
                    <th key={name} scope="col">
                      {p(name)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.visit_id}>
                    <td class="num">
                      <Link to={`/office/review/${one.visit_id}`}>{monthDay(one.started_at)}</Link> {clock(one.started_at)}–{clock(one.ended_at)}
                      <small class="soft">{p('minutes', { n: one.minutes })}</small>
                    </td>
                    <th scope="row">
                      {one.elder}
                      <small class="soft num">{one.contact}</small>
                    </th>
                    <td class="whole">
                      {one.place}
                      <small class="soft">{one.community}</small>
                    </td>
                    <td>
                      {serviceName(one.service_type as ServiceType)} {contentName(one.content)}
                    </td>
                    <td>{one.caregivers.join('、')}</td>
                    <td>
                      {one.grade && <b>{one.grade}</b>} {one.manual && <Tag tone="warn">{p('mark_manual')}</Tag>} <Mark state={one.verify_state} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <More pages={read} label={p('register_more')} />
        </>
      )}
    </div>
  )
}
