/** The call list: one tap telephones, one more notes what came of it. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { CallItem, CallOutcome } from '../../api/wire-reminders'
import { r } from '../../i18n/desk-reminders'
import { Link } from '../../router'
import { Button, clock, civilDay, dayClock, EmptyState, Field, Icon, toast } from '../../ui'
import { Choices, ProblemNotice } from '../../ui/desk'
import { calls, read } from './counts'

export const OUTCOMES: readonly CallOutcome[] = ['reached', 'no_answer', 'wrong_number', 'cannot_go']
const WHY = ['next_call', 'not_checked_in', 'still_open', 'visit_changed'] as const

export const when = (at: string): string => (civilDay(at) === civilDay(Date.now()) ? clock(at) : dayClock(at))

export function whyText({ kind, window_start }: Pick<CallItem, 'kind' | 'window_start'>): string {
  const known = WHY.find((one) => one === kind)
  return known && window_start ? r(`why_${known}`, { at: when(window_start) }) : r('why_other')
}

/** A kept outcome in words; one of a later version as it stands. */
export const outcomeText = (outcome: string): string => {
  const known = OUTCOMES.find((one) => one === outcome)
  return known ? r(known) : outcome
}

export function Calls() {
  const items = calls.value ?? []
  if (!items.length) {
    return (
      <EmptyState icon="call" title={r('calls_none')}>
        <p>{r('calls_none_hint')}</p>
      </EmptyState>
    )
  }
  return (
    <>
      <p class="soft">{r('calls_hint')}</p>
      <ul class="call-list">
        {items.map((item) => (
          <Row key={item.reminder_id} item={item} />
        ))}
      </ul>
    </>
  )
}

function Row({ item }: { item: CallItem }) {
  const open = useSignal(false)
  const { caregiver, phone, visit_id, notes } = item
  return (
    <li class="card stack tight">
      <div class="call-head">
        <div class="grow">
          <b class="big-name">{caregiver.name}</b> {whyText(item)}
          <small class="soft num">{r('since', { at: when(item.since) })}</small>
        </div>
        {visit_id && (
          <Link to={`/dispatch/visits/${visit_id}`} class="button plain small">
            {r('see_visit')}
          </Link>
        )}
      </div>
      {notes.length > 0 && (
        <ul class="plain call-notes">
          {notes.map((one) => (
            <li key={one.at}>
              <span class="soft num">{r('by', { at: when(one.at), by: one.by })}</span>
              <b>{outcomeText(one.outcome)}</b> {one.note}
            </li>
          ))}
        </ul>
      )}
      <div class="row wrap">
        {phone ? (
          <a class="button primary num" href={`tel:${phone}`} onClick={() => (open.value = true)}>
            <Icon name="call" />
            {r('call', { phone: spoken(phone) })}
          </a>
        ) : (
          <span class="soft">{r('no_phone')}</span>
        )}
        {!open.value && (
          <Button icon="records" onClick={() => (open.value = true)}>
            {r('note_result')}
          </Button>
        )}
      </div>
      {open.value && <Result item={item} onDone={() => (open.value = false)} />}
    </li>
  )
}

/** +8613800000001 is dialled; 138 0000 0001 is read. */
export function spoken(phone: string): string {
  const mobile = /^\+86(1\d{2})(\d{4})(\d{4})$/.exec(phone)
  return mobile ? mobile.slice(1).join(' ') : phone.replace(/^\+86/, '0')
}

function Result({ item, onDone }: { item: CallItem; onDone: () => void }) {
  const outcome = useSignal<CallOutcome | null>(null)
  const note = useSignal('')
  const missing = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const save = async () => {
    missing.value = outcome.value === null
    if (missing.value) return
    busy.value = true
    failed.value = null
    try {
      await api.post(`/api/v1/calls/${item.reminder_id}`, { outcome: outcome.value, note: note.value.trim() || null })
      toast(r('saved'))
      onDone()
      await read()
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <form
      class="stack tight call-result"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Choices
        legend={r('outcome')}
        options={OUTCOMES.map((value) => ({ value, label: r(value), ...(value === 'cannot_go' ? { hint: r('cannot_go_next') } : {}) }))}
        value={outcome.value}
        onChange={(next) => {
          outcome.value = next
          missing.value = false
        }}
      />
      {missing.value && (
        <span class="error" role="alert">
          {r('need_outcome')}
        </span>
      )}
      <Field label={r('note')} hint={r('note_hint')}>
        {(tied) => <input {...tied} class="input" maxLength={200} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />}
      </Field>
      <ProblemNotice error={failed.value} />
      <div class="row">
        <Button kind="primary" type="submit" icon="check" busy={busy.value}>
          {r('save')}
        </Button>
      </div>
    </form>
  )
}
