/** The audit trail on screen: every change by anybody, every read by an auditor. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { Role } from '../../api/wire'
import { t } from '../../i18n/office'
import { operationName } from '../../i18n/operations'
import { p } from '../../i18n/reports'
import { More, usePages } from '../pages'
import { EmptyState, ErrorState, Field, Loading } from '../../ui'
import { dayClock } from '../../ui/format'
import { PageHead, StaleNotice } from '../../ui/desk'
import { askedText } from './asked'
import './reports.css'

type Page = components['schemas']['AuditPage']
const OFFICE: readonly string[] = ['dispatcher', 'manager', 'officer', 'auditor', 'admin']

/** A family's name is never in the trail: who they are stands in the elder's file. */
const roleOf = (role: string): string => (OFFICE.includes(role) ? t(`role_${role as Role}`) : role === 'family' || role === 'caregiver' ? p(`audit_${role}`) : '')

export function AuditPage() {
  const day = useSignal('')
  const read = usePages(`audit ${day.value}`, (cursor, signal) =>
    api.get<Page>('/api/v1/audit', { ...(day.value ? { since: `${day.value}T00:00:00+08:00` } : {}), cursor }, { signal }),
  )
  const { page, items } = read
  return (
    <div class="stack page">
      <PageHead title={p('audit_title')} note={p('audit_note')} />
      <div class="row wrap">
        <Field label={p('audit_since')}>{(tied) => <input {...tied} class="input" type="date" value={day.value} onChange={(event) => (day.value = event.currentTarget.value)} />}</Field>
      </div>
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
                    {one.name || roleOf(one.role)}
                    {one.name && <small class="soft">{roleOf(one.role)}</small>}
                  </th>
                  <td>
                    {operationName(one.operation)}
                    <small class="soft">{askedText(one.asked)}</small>
                  </td>
                  <td class="id">{one.subject ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More pages={read} label={p('register_more')} />
    </div>
  )
}
