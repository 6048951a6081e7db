/** The audit trail on screen: every change by anybody, every read by an auditor. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { Role } from '../../api/wire'
import { t } from '../../i18n/office'
import { operationName, p } from '../../i18n/reports'
import { useRead } from '../load'
import { Button, EmptyState, ErrorState, Field, Loading } from '../../ui'
import { dayClock } from '../../ui/format'
import { PageHead, StaleNotice } from '../../ui/desk'
import './reports.css'

type Page = components['schemas']['AuditPage']
const OFFICE: readonly string[] = ['dispatcher', 'manager', 'officer', 'auditor', 'admin']

export function AuditPage() {
  const day = useSignal('')
  const more = useSignal<Page['items']>([])
  const next = useSignal<string | null | undefined>(undefined)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const asked = () => (day.value ? { since: `${day.value}T00:00:00+08:00` } : {})
  const read = useRead(`audit ${day.value}`, (signal) => {
    more.value = []
    next.value = undefined
    return api.get<Page>('/api/v1/audit', asked(), { signal })
  })
  const page = read.data.value
  const cursor = next.value === undefined ? (page?.next ?? null) : next.value
  const items = [...(page?.items ?? []), ...more.value]
  const fetchMore = async () => {
    busy.value = true
    failed.value = null
    try {
      const found = await api.get<Page>('/api/v1/audit', { ...asked(), cursor })
      more.value = [...more.value, ...found.items]
      next.value = found.next
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <div class="stack page">
      <PageHead title={p('audit_title')} note={p('audit_note')} />
      <Field label={p('audit_since')}>{(tied) => <input {...tied} class="input" type="date" value={day.value} onChange={(event) => (day.value = event.currentTarget.value)} />}</Field>
      {read.error.value && page ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!page ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !items.length ? (
        <EmptyState icon="records" title={p('audit_none')} />
      ) : (
        <div class="table-box trail">
          <table>
            <thead>
              <tr>
                {(['audit_when', 'audit_who', 'audit_what', 'audit_subject'] as const).map((name) => (
                  <th key={name} scope="col">
                    {p(name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.id}>
                  <td class="num">{dayClock(one.at)}</td>
                  <th scope="row">
                    {one.name}
                    <small class="soft">{OFFICE.includes(one.role) ? t(`role_${one.role as Role}`) : ''}</small>
                  </th>
                  <td>{operationName(one.operation)}</td>
                  <td class="id">{one.subject ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {failed.value ? <ErrorState error={failed.value} onRetry={() => void fetchMore()} /> : null}
      {cursor && !failed.value && (
        <Button wide busy={busy.value} onClick={() => void fetchMore()}>
          {p('register_more')}
        </Button>
      )}
    </div>
  )
}
