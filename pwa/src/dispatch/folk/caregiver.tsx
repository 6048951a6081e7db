/** A caregiver's file: leave, certificates, phones, and who could go instead. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { VisitRow } from '../../api/wire'
import { f } from '../../i18n/folk'
import { useRead } from '../../office/load'
import { goBack, Link } from '../../router'
import { Button, civilDay, ErrorState, Field, Loading, Notice, Tag, toast } from '../../ui'
import { dayClock } from '../../ui/format'
import { PageHead, StaleNotice } from '../../ui/desk'
import { certName } from '../people'
import { serviceLine } from '../states'
import { day, SaveDialog } from './parts'
import './folk.css'

type Schemas = components['schemas']
type File = Schemas['CaregiverFile']
interface Uncovered {
  visit: VisitRow
  reasons: string[]
  suitable: { id: string; name: string }[]
}
const KINDS = ['health_certificate', 'nurse_licence', 'care_worker_certificate'] as const

/** What a leave or a moved date leaves open: at once, with who could go. */
function Open({ list }: { list: readonly Uncovered[] }) {
  if (!list.length) {
    return (
      <Notice tone="good">
        <p>{f('uncovered_none')}</p>
      </Notice>
    )
  }
  return (
    <section class="card stack tight to-decide">
      <h2>{f('uncovered')}</h2>
      <ul class="plain">
        {list.map(({ visit, suitable }) => (
          <li key={visit.id}>
            <Link to={`/dispatch/visits/${visit.id}`}>
              {dayClock(visit.window_start)} · {visit.elder.name} · {serviceLine(visit)}
            </Link>
            <br />
            <small class={suitable.length ? 'soft' : 'warn-text'}>{suitable.length ? f('uncovered_could', { names: suitable.slice(0, 4).map((one) => one.name).join('、') }) : f('uncovered_nobody')}</small>
          </li>
        ))}
      </ul>
    </section>
  )
}

function LeaveDialog({ id, onDone, onClose }: { id: string; onDone: (open: Uncovered[]) => void; onClose: () => void }) {
  const [from, to, reason] = [useSignal(civilDay(Date.now())), useSignal(''), useSignal('')]
  const save = async () => {
    const done = await api.post<{ uncovered: Uncovered[] }>(`/api/v1/caregivers/${id}/leave`, { valid_from: from.value, valid_to: to.value || null, reason: reason.value.trim() || null })
    toast(f('leave_saved'))
    onDone(done.uncovered)
  }
  return (
    <SaveDialog title={f('leave_add')} ready={from.value !== ''} save={save} onClose={onClose}>
      <Field label={f('leave_from')}>{(tied) => <input {...tied} class="input" type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
      <Field label={f('leave_to')}>{(tied) => <input {...tied} class="input" type="date" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}</Field>
      <Field label={f('leave_reason')}>{(tied) => <input {...tied} class="input" maxLength={100} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

function EndDialog({ leave, onDone, onClose }: { leave: string; onDone: () => void; onClose: () => void }) {
  const to = useSignal(civilDay(Date.now()))
  const save = async () => {
    await api.post(`/api/v1/leave/${leave}/end`, { valid_to: to.value })
    onDone()
  }
  return (
    <SaveDialog title={f('leave_end')} ready={to.value !== ''} save={save} onClose={onClose}>
      <Field label={f('leave_to')}>{(tied) => <input {...tied} class="input" type="date" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

function CertificateDialog({ id, onDone, onClose }: { id: string; onDone: (open: Uncovered[]) => void; onClose: () => void }) {
  const kind = useSignal<string>(KINDS[0])
  const [from, until] = [useSignal(''), useSignal('')]
  const save = async () => {
    const done = await api.post<{ uncovered: Uncovered[] }>(`/api/v1/caregivers/${id}/qualifications`, { kind: kind.value, valid_from: from.value || null, valid_until: until.value || null })
    toast(f('cert_saved'))
    onDone(done.uncovered)
  }
  return (
    <SaveDialog title={f('cert_add')} ready={until.value !== '' || from.value !== ''} save={save} onClose={onClose}>
      <Field label={f('cert_kind')}>
        {(tied) => (
          <select {...tied} class="input" value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {certName(one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={f('cert_from')}>{(tied) => <input {...tied} class="input" type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
      <Field label={f('cert_until')}>{(tied) => <input {...tied} class="input" type="date" value={until.value} onInput={(event) => (until.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

export function CaregiverPage({ id }: { id: string }) {
  const read = useRead(id, (signal) => api.get<File>(`/api/v1/caregivers/${encodeURIComponent(id)}`, {}, { signal }))
  const open = useSignal<{ what: 'leave' | 'cert' } | { what: 'end'; id: string } | null>(null)
  const uncovered = useSignal<Uncovered[] | null>(null)
  const close = () => (open.value = null)
  const done = (left: Uncovered[] | null) => {
    close()
    uncovered.value = left
    void read.reload()
  }
  const file = read.data.value
  const back = () => goBack('/dispatch/caregivers')
  if (!file) {
    return (
      <div class="stack page">
        <PageHead title={f('caregiver_title')} back={back} />
        {read.error.value ? <ErrorState error={read.error.value} onRetry={() => void read.reload()} /> : <Loading />}
      </div>
    )
  }
  const asked = open.value
  return (
    <div class="stack page">
      <PageHead title={file.name} note={[file.provider.name, file.phone_masked].filter(Boolean).join(' · ')} back={back}>
        <Button icon="calendar" onClick={() => (open.value = { what: 'leave' })}>
          {f('leave_add')}
        </Button>
        <Button icon="records" onClick={() => (open.value = { what: 'cert' })}>
          {f('cert_add')}
        </Button>
      </PageHead>
      {read.error.value ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {uncovered.value && <Open list={uncovered.value} />}
      <div class="folk-columns">
        <section class="card stack tight">
          <h2>{f('leave_title')}</h2>
          {!file.leave.length && <p class="soft">{f('leave_none')}</p>}
          <ul class="plain">
            {file.leave.map((one) => (
              <li key={one.id} class="row wrap spread">
                <span>
                  <span class="num">{one.valid_to ? f('from_to', { from: day(one.valid_from), to: day(one.valid_to) }) : f('from_on', { from: day(one.valid_from) })}</span> {one.reason}
                </span>
                {(!one.valid_to || one.valid_to > civilDay(Date.now())) && <Button onClick={() => (open.value = { what: 'end', id: one.id })}>{f('leave_end')}</Button>}
              </li>
            ))}
          </ul>
        </section>
        <section class="card stack tight">
          <h2>{f('cert_title')}</h2>
          <ul class="plain">
            {file.certificates.map((one) => (
              <li key={one.id}>
                <b>{certName(one.kind)}</b> <span class="num">{one.valid_until ? f('cert_until_line', { on: day(one.valid_until) }) : f('cert_no_end')}</span>{' '}
                {one.replaced_at ? <span class="soft">{f('cert_replaced')}</span> : !one.valid && <Tag tone="bad" icon="warn">{f('cert_until_line', { on: one.valid_until ? day(one.valid_until) : '' })}</Tag>}
              </li>
            ))}
          </ul>
        </section>
        <section class="card stack tight">
          <h2>{f('phones')}</h2>
          <ul class="plain">
            {file.phones.map((one) => (
              <li key={one.id}>
                {one.platform ?? '—'} · <span class="num">{dayClock(one.enrolled_at)}</span>{' '}
                {one.revoked_at ? <span class="soft">{f('phone_until', { at: dayClock(one.revoked_at) })}</span> : <Tag tone="good">{f('phone_now')}</Tag>}
              </li>
            ))}
          </ul>
          {!file.phones.length && <p class="soft">{f('none')}</p>}
        </section>
      </div>
      {asked?.what === 'leave' && <LeaveDialog id={file.id} onDone={done} onClose={close} />}
      {asked?.what === 'cert' && <CertificateDialog id={file.id} onDone={done} onClose={close} />}
      {asked?.what === 'end' && <EndDialog leave={asked.id} onDone={() => done(null)} onClose={close} />}
    </div>
  )
}
