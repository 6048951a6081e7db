/** An elder's file: home, facts with their days, the plan's versions, what comes and what was; facts and plans are changed here. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { Me, VisitRow } from '../../api/wire'
import { serviceName, type ServiceType } from '../../i18n/common'
import { f, statusName, TOLD } from '../../i18n/folk'
import { contentName } from '../../i18n/services'
import { mayDispatch } from '../../office/access'
import { useRead } from '../../office/load'
import { More, usePages } from '../../office/pages'
import { goBack, Link } from '../../router'
import { Button, civilDay, ErrorState, Field, Icon, Loading, Notice, Tag, toast } from '../../ui'
import { PageHead, StaleNotice } from '../../ui/desk'
import { useNow } from '../../ui/use'
import { day, SaveDialog, VisitLines } from './parts'
import './folk.css'

type Schemas = components['schemas']
type File = Omit<Schemas['ElderDetail'], 'next_visits' | 'to_decide'> & { next_visits: VisitRow[]; to_decide: { visit: VisitRow; status: string }[] }
type Past = { items: VisitRow[]; next: string | null }
type Plan = Schemas['PlanVersionView']
type Item = Schemas['PlanItemView']
type Told = (typeof TOLD)[number]

function StatusDialog({ id, onClose }: { id: string; onClose: (saved: boolean) => void }) {
  const kind = useSignal<Told>('hospital_stay')
  const [from, to, source] = [useSignal(civilDay(Date.now())), useSignal(''), useSignal('')]
  const save = async () => {
    const done = await api.post<Schemas['ElderStatusSaved']>(`/api/v1/elders/${id}/statuses`, {
      kind: kind.value,
      valid_from: from.value,
      valid_to: kind.value === 'deceased' ? null : to.value || null,
      source: source.value.trim() || null,
    })
    toast(done.withdrawn ? f('status_withdrew', { n: done.withdrawn }) : f('status_saved'))
    onClose(true)
  }
  return (
    <SaveDialog title={f('elder_status_add')} ready={from.value !== ''} save={save} onClose={() => onClose(false)}>
      <Field label={f('status_kind')}>
        {(tied) => (
          <select {...tied} class="input" value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value as Told)}>
            {TOLD.map((one) => (
              <option key={one} value={one}>
                {statusName(one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {kind.value === 'deceased' && <Notice tone="bad">{f('status_death_hint')}</Notice>}
      <Field label={f('status_from')}>{(tied) => <input {...tied} class="input" type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
      {kind.value !== 'deceased' && (
        <Field label={f('status_to')}>{(tied) => <input {...tied} class="input" type="date" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}</Field>
      )}
      <Field label={f('status_source')}>{(tied) => <input {...tied} class="input" maxLength={100} value={source.value} onInput={(event) => (source.value = event.currentTarget.value)} />}</Field>
    </SaveDialog>
  )
}

const time = (text: string): string => text.slice(0, 5)
const itemLine = (item: Item): string =>
  f('item', { service: `${serviceName(item.service_type as ServiceType)} ${contentName(item.content)}`, frequency: item.frequency, from: time(item.window_start), to: time(item.window_end) })

/** A new version begins as a copy of the last one; lines are changed or left out. */
function PlanDialog({ id, plan, onClose }: { id: string; plan: Plan; onClose: (saved: boolean) => void }) {
  const from = useSignal(civilDay(Date.now() + 24 * 3600_000))
  const reason = useSignal('')
  const items = useSignal(plan.items.map((item) => ({ item, keep: true, frequency: item.frequency, start: time(item.window_start), end: time(item.window_end) })))
  const change = (i: number, patch: Partial<(typeof items.value)[number]>) => (items.value = items.value.map((one, n) => (n === i ? { ...one, ...patch } : one)))
  const save = async () => {
    const done = await api.post<Schemas['PlanSaved']>(`/api/v1/elders/${id}/plans`, {
      valid_from: from.value,
      copied_from: plan.id,
      reason: reason.value.trim(),
      items: items.value
        .filter((one) => one.keep)
        .map(({ item, frequency, start, end }) => ({
          provider_id: item.provider.id,
          service_type: item.service_type,
          content: item.content,
          frequency: frequency.trim(),
          window_start: `${start}:00`,
          window_end: `${end}:00`,
          min_minutes: item.min_minutes,
          max_minutes: item.max_minutes,
          max_per_month: item.max_per_month,
          carers_needed: item.carers_needed,
          unit_price_fen: item.unit_price_fen,
          ratio_bp: item.ratio_bp,
        })),
    })
    toast(f('plan_saved', { n: done.plan.version, made: done.visits?.created ?? 0, gone: done.visits?.withdrawn ?? 0 }))
    onClose(true)
  }
  return (
    <SaveDialog title={f('plan_new_title')} action={f('plan_save')} ready={from.value !== '' && reason.value.trim() !== ''} save={save} onClose={() => onClose(false)}>
      <p class="soft">{f('plan_new_hint')}</p>
      <Field label={f('plan_from')}>{(tied) => <input {...tied} class="input" type="date" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
      <Field label={f('plan_reason')}>{(tied) => <input {...tied} class="input" maxLength={100} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />}</Field>
      {items.value.map((one, i) => (
        <fieldset key={one.item.id} class={one.keep ? 'plan-item card stack tight' : 'plan-item card stack tight off'}>
          <legend>
            {serviceName(one.item.service_type as ServiceType)} {contentName(one.item.content)}
          </legend>
          {one.keep && (
            <>
              <Field label={f('plan_frequency')} hint={f('plan_frequency_hint')}>
                {(tied) => <input {...tied} class="input" maxLength={100} value={one.frequency} onInput={(event) => change(i, { frequency: event.currentTarget.value })} />}
              </Field>
              <div class="row">
                <Field label={f('plan_from_time')}>{(tied) => <input {...tied} class="input" type="time" value={one.start} onInput={(event) => change(i, { start: event.currentTarget.value })} />}</Field>
                <Field label={f('plan_to_time')}>{(tied) => <input {...tied} class="input" type="time" value={one.end} onInput={(event) => change(i, { end: event.currentTarget.value })} />}</Field>
              </div>
            </>
          )}
          <Button onClick={() => change(i, { keep: !one.keep })}>{f(one.keep ? 'plan_drop' : 'plan_keep')}</Button>
        </fieldset>
      ))}
    </SaveDialog>
  )
}

function Plans({ plans }: { plans: readonly Plan[] }) {
  return (
    <ol class="history">
      {plans.map((plan) => (
        <li key={plan.id}>
          <b>{f('plan_version', { n: plan.version })}</b> <span class="soft num">{f('from_to', { from: day(plan.valid_from), to: day(plan.valid_to) })}</span>
          <ul>
            {plan.items.map((item) => (
              <li key={item.id}>
                {itemLine(item)} <small class="soft">{item.provider.name}</small>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  )
}

export function Elder({ id, who }: { id: string; who: Me }) {
  const now = useNow(30_000).value
  const read = useRead(id, (signal) => api.get<File>(`/api/v1/elders/${encodeURIComponent(id)}`, {}, { signal }))
  const past = usePages(`${id} past`, (cursor, signal) =>
    api.get<Past>(`/api/v1/elders/${encodeURIComponent(id)}/visits`, { limit: 30, before: cursor }, { signal }),
  )
  const open = useSignal<'status' | 'plan' | null>(null)
  const file = read.data.value
  const may = mayDispatch(who.role)
  const back = () => goBack('/dispatch/elders')
  // What was not saved may have been refused for what somebody else has changed: it is read again all the same.
  const closed = (saved: boolean) => {
    open.value = null
    void (saved ? Promise.all([read.reload(), past.reload()]) : read.reload())
  }
  if (!file) {
    return (
      <div class="stack page">
        <PageHead title={f('elders_title')} back={back} />
        {read.error.value ? <ErrorState error={read.error.value} onRetry={() => void read.reload()} /> : <Loading />}
      </div>
    )
  }
  const last = file.plans[0]
  return (
    <div class="stack page">
      <PageHead title={file.name} note={`${f(file.sex === 'female' ? 'sex_female' : 'sex_male')} · ${f('age', { n: file.age })}`} back={back}>
        {may && (
          <Link to={`/office/elders/${file.id}/family`} class="button plain">
            <Icon name="people" /> {f('elder_family')}
          </Link>
        )}
        {(may || who.role === 'officer') && file.may_act && (
          <Button icon="plus" onClick={() => (open.value = 'status')}>
            {f('elder_status_add')}
          </Button>
        )}
      </PageHead>
      {read.error.value ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!file.may_act && (
        <Notice icon="info">
          <p>{f('elder_over')}</p>
        </Notice>
      )}
      {file.to_decide.length > 0 && (
        <section class="card stack tight to-decide">
          <h2>{f('elder_to_decide')}</h2>
          <p>{f('elder_to_decide_hint', { what: statusName(file.to_decide[0]?.status ?? '') })}</p>
          <VisitLines visits={file.to_decide.map(({ visit }) => visit)} now={now} />
        </section>
      )}
      <div class="folk-columns">
        <div class="stack">
          <section class="card stack tight">
            <h2>{f('elder_next')}</h2>
            {file.next_visits.length ? <VisitLines visits={file.next_visits} now={now} /> : <p class="soft">{f('no_next')}</p>}
          </section>
          <section class="card stack tight">
            <h2>{f('elder_history')}</h2>
            {past.page ? (
              past.items.length ? (
                <VisitLines visits={past.items} now={now} />
              ) : (
                <p class="soft">{f('none')}</p>
              )
            ) : past.error.value ? (
              <ErrorState error={past.error.value} onRetry={() => void past.reload()} />
            ) : (
              <Loading />
            )}
            <More pages={past} label={f('more')} />
          </section>
        </div>
        <div class="stack">
          <section class="card stack tight">
            <h2>{f('elder_statuses')}</h2>
            {!file.statuses.length && <p class="soft">{f('elder_status_none')}</p>}
            <ul class="plain">
              {file.statuses.map((one) => (
                <li key={one.id}>
                  <Tag tone={one.kind === 'deceased' ? 'bad' : ''}>{statusName(one.kind)}</Tag>{' '}
                  <span class="num">{one.valid_to ? f('from_to', { from: day(one.valid_from), to: day(one.valid_to) }) : f('from_on', { from: day(one.valid_from) })}</span>
                  {one.source && <small class="soft"> · {one.source}</small>}
                </li>
              ))}
            </ul>
          </section>
          <section class="card stack tight">
            <span class="row spread wrap">
              <h2>{f('elder_plans')}</h2>
              {may && file.may_act && last && (
                <Button icon="records" onClick={() => (open.value = 'plan')}>
                  {f('plan_new')}
                </Button>
              )}
            </span>
            {file.plans.length ? <Plans plans={file.plans} /> : <p class="soft">{f('no_plan')}</p>}
          </section>
          <section class="card stack tight">
            <h2>{f('elder_home')}</h2>
            <p class="with-icon">
              <Icon name="place" /> <span>{file.home.address}</span>
            </p>
            {file.home.access_notes && <p>{file.home.access_notes}</p>}
            <h2>{f('contacts')}</h2>
            <ul class="plain">
              {file.contacts.map((one) => (
                <li key={one.id}>
                  {one.name} <span class="soft num">{[one.relation, one.phone_masked].filter(Boolean).join(' · ')}</span>
                </li>
              ))}
            </ul>
            {!file.contacts.length && <p class="soft">{f('none')}</p>}
          </section>
        </div>
      </div>
      {open.value === 'status' && <StatusDialog id={file.id} onClose={closed} />}
      {open.value === 'plan' && last && <PlanDialog id={file.id} plan={last} onClose={closed} />}
    </div>
  )
}
