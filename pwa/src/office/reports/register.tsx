/** The service register: a row for each served visit, and the sheet that is printed and filed. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../../api/client'
import type { components } from '../../api/schema'
import { serviceName, type ServiceType } from '../../i18n/common'
import { p } from '../../i18n/reports'
import { contentName } from '../../i18n/services'
import { Link } from '../../router'
import { Button, civilDay, clock, EmptyState, ErrorState, Loading, Tag } from '../../ui'
import { monthDay } from '../../ui/format'
import { PageHead, ProblemNotice, StaleNotice } from '../../ui/desk'
import { save } from '../files'
import { useRead } from '../load'
import { isPeriod, monthOf, type Period, PeriodFields, wire } from './period'
import './reports.css'

type Page = components['schemas']['Register']
const VERIFIED: readonly string[] = ['verified', 'auto_verified']

export function RegisterPage() {
  const period = useSignal<Period>(monthOf(civilDay(Date.now())))
  const more = useSignal<Page['items']>([])
  const next = useSignal<string | null | undefined>(undefined)
  const busy = useSignal<'more' | 'file' | null>(null)
  const failed = useSignal<unknown>(null)
  const asked = isPeriod(period.value) ? wire(period.value) : null
  const read = useRead(JSON.stringify(asked), async (signal) => {
    more.value = []
    next.value = undefined
    failed.value = null
    return asked ? api.get<Page>('/api/v1/register', asked, { signal }) : null
  })
  const page = read.data.value
  const cursor = next.value === undefined ? (page?.next ?? null) : next.value
  const items = [...(page?.items ?? []), ...more.value]

  async function attempt(what: 'more' | 'file', work: () => Promise<void>) {
    busy.value = what
    failed.value = null
    try {
      await work()
    } catch (error) {
      failed.value = error
    }
    busy.value = null
  }
  const fetchMore = () =>
    attempt('more', async () => {
      const found = await api.get<Page>('/api/v1/register', { ...asked, cursor })
      more.value = [...more.value, ...found.items]
      next.value = found.next
    })
  const download = () =>
    attempt('file', async () => {
      const file = await ask<Blob>('/api/v1/register.xlsx', { query: asked ?? {}, timeoutMs: 120_000 }, (response) => response.blob())
      const url = URL.createObjectURL(file)
      save(url, `${p('register_title')}-${period.value.since}-${period.value.last}.xlsx`)
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
    })

  return (
    <div class="stack page">
      <PageHead title={p('register_title')} note={p('register_note')}>
        <Button kind="primary" icon="download" busy={busy.value === 'file'} disabled={!page?.total} onClick={() => void download()}>
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
          <div class="table-box">
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
                    <td>
                      {one.place}
                      <small class="soft">{one.community}</small>
                    </td>
                    <td>
                      {serviceName(one.service_type as ServiceType)} {contentName(one.content)}
                    </td>
                    <td>{one.caregivers.join('、')}</td>
                    <td>
                      {one.grade && <b>{one.grade}</b>} {one.manual && <Tag tone="warn">{p('mark_manual')}</Tag>} {!VERIFIED.includes(one.verify_state) && <Tag>{p('mark_open')}</Tag>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {cursor && (
            <Button wide busy={busy.value === 'more'} onClick={() => void fetchMore()}>
              {p('register_more')}
            </Button>
          )}
        </>
      )}
    </div>
  )
}
