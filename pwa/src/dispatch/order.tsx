/** An order outside the care plan: for whom, what, when and why. Who goes is chosen next. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { api, asProblem } from '../api/client'
import type { Caregiver, Done, Household, Named, Page, ServiceType, VisitRow } from '../api/wire'
import { common, serviceName } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { contentName, contentsOf } from '../i18n/services'
import { useRead } from '../office/load'
import { Button, civilDay, clock, Dialog, Field, Loading, toast } from '../ui'
import { Choices, ProblemNotice, SearchBox } from '../ui/desk'
import { instant, windowFault } from './board'
import { remember } from './undo'

const TYPES: readonly ServiceType[] = ['medical', 'meal', 'cleaning', 'bathing']
const HOUR = 3_600_000

interface Chosen extends Named {
  address: string
}

/** The next half hour, when the order is for today. */
function firstTime(day: string, after: number): string {
  const now = Date.now()
  if (day !== civilDay(now)) return after ? '10:00' : '09:00'
  const at = Math.ceil(now / (HOUR / 2)) * (HOUR / 2) + after
  return civilDay(at) === day ? clock(at) : '23:30'
}

export function OrderDialog({ day: first, onClose }: { day: string; onClose: (made: VisitRow | null) => void }) {
  const form = useRef<HTMLFormElement>(null)
  const elder = useSignal<Chosen | null>(null)
  const type = useSignal<ServiceType | null>(null)
  const content = useSignal<string | null>(null)
  const day = useSignal(first)
  const from = useSignal(firstTime(first, 0))
  const to = useSignal(firstTime(first, HOUR))
  const reason = useSignal('')
  const caregiver = useSignal<string | null>(null)
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const fault = windowFault({ day: day.value, from: from.value, to: to.value, now: Date.now() })
  const wrong = {
    elder: elder.value ? null : t('order_need_elder'),
    service: type.value ? null : t('order_need_service'),
    content: content.value ? null : t('order_need_content'),
    time: fault && t(fault),
    reason: reason.value.trim() ? null : t('order_need_reason'),
  }
  const needsCaregiver = failed.value !== null && asProblem(failed.value).errors.some((line) => line.field.startsWith('caregiver_ids'))
  const save = async () => {
    tried.value = true
    const [bad] = (Object.keys(wrong) as (keyof typeof wrong)[]).filter((name) => wrong[name])
    if (bad || !elder.value) {
      form.current?.querySelector<HTMLElement>(`[data-part=${bad}] :is(input, select, textarea)`)?.focus()
      return
    }
    busy.value = true
    failed.value = null
    try {
      const done = await api.post<Done>('/api/v1/visits', {
        elder_id: elder.value.id,
        service_type: type.value,
        content: content.value,
        window_start: instant(day.value, from.value),
        window_end: instant(day.value, to.value),
        caregiver_ids: caregiver.value ? [caregiver.value] : [],
        reason: reason.value.trim(),
        anyway: true,
      })
      remember(done, 'order')
      toast(t('order_done'))
      onClose(done.visits[0] ?? null)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  const say = (text: string | null) =>
    tried.value && text ? (
      <span class="error" role="alert">
        {text}
      </span>
    ) : null
  return (
    <Dialog
      title={t('order_title')}
      onClose={() => onClose(null)}
      actions={
        <>
          <Button onClick={() => onClose(null)}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} onClick={() => void save()}>
            {t('order_do')}
          </Button>
        </>
      }
    >
      <form
        ref={form}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <div class="field" data-part="elder">
          <span class="label">{t('order_elder')}</span>
          {elder.value ? (
            <div class="row spread chosen">
              <span>
                <b>{elder.value.name}</b>
                <small class="soft">{elder.value.address}</small>
              </span>
              <Button kind="quiet" onClick={() => (elder.value = null)}>
                {t('order_elder_change')}
              </Button>
            </div>
          ) : (
            <ElderSearch onPick={(one) => (elder.value = one)} />
          )}
          {say(wrong.elder)}
        </div>
        <div class="field" data-part="service">
          <Choices
            compact
            legend={t('order_service')}
            options={TYPES.map((one) => ({ value: one, label: serviceName(one), icon: one }))}
            value={type.value}
            onChange={(next) => {
              type.value = next
              const [only, ...rest] = contentsOf(next)
              content.value = only && rest.length === 0 ? only : null
            }}
          />
          {say(wrong.service)}
        </div>
        {type.value && (
          <div class="field" data-part="content">
            <Choices
              compact
              legend={t('order_content')}
              options={contentsOf(type.value).map((code) => ({ value: code, label: contentName(code) }))}
              value={content.value}
              onChange={(next) => (content.value = next)}
            />
            {say(wrong.content)}
          </div>
        )}
        <div class="field" data-part="time">
          <div class="time-row">
            <Field label={t('order_day')}>
              {(tied) => <input {...tied} class="input" type="date" value={day.value} onInput={(event) => (day.value = event.currentTarget.value)} />}
            </Field>
            <Field label={t('order_from')}>
              {(tied) => <input {...tied} class="input" type="time" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}
            </Field>
            <Field label={t('order_to')}>
              {(tied) => <input {...tied} class="input" type="time" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}
            </Field>
          </div>
          {say(wrong.time)}
        </div>
        <div data-part="reason">
          <Field label={t('order_reason')} hint={t('order_reason_hint')} error={tried.value ? wrong.reason : null}>
            {(tied) => <input {...tied} class="input" maxLength={200} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />}
          </Field>
        </div>
        {(needsCaregiver || caregiver.value !== null) && <WhoGoes value={caregiver.value} onPick={(id) => (caregiver.value = id)} />}
      </form>
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}

/** Asked only when the server cannot tell which provider is meant. */
function WhoGoes({ value, onPick }: { value: string | null; onPick: (id: string | null) => void }) {
  const read = useRead('who goes', (signal) => api.get<{ items: Caregiver[] }>('/api/v1/caregivers', {}, { signal }))
  const providers = new Map<string, Caregiver[]>()
  for (const one of read.data.value?.items ?? []) providers.set(one.provider.name, [...(providers.get(one.provider.name) ?? []), one])
  return (
    <Field label={t('order_caregiver')} hint={t('order_caregiver_hint')}>
      {(tied) => (
        <select {...tied} class="input" value={value ?? ''} onChange={(event) => onPick(event.currentTarget.value || null)}>
          <option value="">{t('order_caregiver_none')}</option>
          {[...providers].map(([name, people]) => (
            <optgroup key={name} label={name}>
              {people.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  )
}

/** Outside of the form's own submit: a search is a search. */
function ElderSearch({ onPick }: { onPick: (elder: Chosen) => void }) {
  const found = useSignal<Chosen[] | null>(null)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const turn = useRef(0)
  const search = async (q: string) => {
    const mine = ++turn.current
    failed.value = null
    if (!q) {
      found.value = null
      busy.value = false
      return
    }
    busy.value = true
    try {
      const { items } = await api.search<Page<Household>>('/api/v1/households', q, { limit: 10 })
      if (mine !== turn.current) return
      found.value = items.flatMap((home) => home.elders.map((one) => ({ ...one, address: home.address })))
    } catch (error) {
      if (mine === turn.current) failed.value = error
    }
    if (mine === turn.current) busy.value = false
  }
  return (
    <div class="stack tight">
      <SearchBox inside label={t('order_elder_search')} value="" onSearch={(text) => void search(text)} />
      <div aria-live="polite">
        {busy.value && <Loading />}
        {!busy.value && found.value?.length === 0 && <p class="soft">{t('order_elder_none')}</p>}
        {!busy.value && !!found.value?.length && (
          <ul class="found">
            {found.value.map((one) => (
              <li key={one.id}>
                <button type="button" class="found-one" onClick={() => onPick(one)}>
                  <b>{one.name}</b>
                  <small class="soft">{one.address}</small>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <ProblemNotice error={failed.value} />
    </div>
  )
}
