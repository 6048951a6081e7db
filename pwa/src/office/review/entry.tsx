/** Entering a visit by hand: one at a time, with a reason, the times that were, and a mark for ever. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { Caregiver, VisitDetail } from '../../api/wire'
import { common } from '../../i18n/common'
import { REASONS, r, reasonName } from '../../i18n/review'
import { tasksOf } from '../../i18n/services'
import { lang } from '../../i18n'
import { Button, clock, dayClock, Dialog, Field, minutesText, Notice, toast } from '../../ui'
import { Choices, ProblemNotice } from '../../ui/desk'
import { useRead } from '../load'
import { faultOf, missingOf, timesOf } from './times'

type Kind = 'entry' | 'times' | 'not_served'
const BEGUN: readonly string[] = ['in_progress', 'unclosed', 'completed']

export function EntryDialog({ visit, onClose }: { visit: VisitDetail; onClose: (saved: boolean) => void }) {
  const begun = BEGUN.includes(visit.op_state)
  const kind = useSignal<Kind>(begun ? 'times' : 'entry')
  const who = useSignal<string>(visit.caregivers[0]?.id ?? '')
  const from = useSignal(visit.started_at ? clock(visit.started_at) : '')
  const to = useSignal(visit.ended_at ? clock(visit.ended_at) : '')
  const tasks = useSignal<readonly string[]>([])
  const reason = useSignal('')
  const note = useSignal('')
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  // Those who were sent stand first; somebody else may have gone for them.
  const colleagues = useRead('colleagues', (signal) => api.get<{ items: Caregiver[] }>('/api/v1/caregivers', {}, { signal })).data.value?.items ?? []
  const sent = new Set(visit.caregivers.map((one) => one.id))
  const mayHaveGone = [...visit.caregivers, ...colleagues.filter((one) => one.provider.id === visit.provider.id && !sent.has(one.id))]
  const times = kind.value === 'not_served' ? null : timesOf(visit, from.value, to.value)
  const fault = kind.value === 'not_served' ? null : faultOf(kind.value, from.value, to.value, times)
  const kinds: readonly Kind[] = begun ? ['times'] : ['entry', 'not_served']

  async function save() {
    busy.value = true
    failed.value = null
    try {
      await api.post(`/api/v1/review/visits/${visit.id}/manual`, {
        kind: kind.value,
        caregiver_id: kind.value === 'times' ? null : who.value || null,
        started_at: times?.sent.started_at ?? null,
        ended_at: times?.sent.ended_at ?? null,
        tasks: kind.value === 'entry' ? tasks.value : [],
        reason_code: reason.value,
        note: note.value.trim() || null,
      })
      toast(r('entry_done'))
      onClose(true)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }

  const missing = missingOf(kind.value, { who: who.value, from: from.value, to: to.value, reason: reason.value })
  return (
    <Dialog
      title={r('entry_title')}
      onClose={() => onClose(false)}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={missing.length > 0 || fault !== null} onClick={() => void save()}>
            {r('entry_save')}
          </Button>
        </>
      }
    >
      <Notice tone="warn">{r('entry_hint')}</Notice>
      <Choices
        compact
        legend={r('entry_kind')}
        value={kind.value}
        onChange={(next) => {
          kind.value = next
          reason.value = ''
        }}
        options={kinds.map((value) => ({ value, label: r(`entry_kind_${value}`) }))}
      />
      {kind.value !== 'times' && (
        <Field label={r('entry_who')}>
          {(tied) => (
            <select {...tied} class="input" value={who.value} onChange={(event) => (who.value = event.currentTarget.value)}>
              {!visit.caregivers.length && <option value="" />}
              {mayHaveGone.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {kind.value !== 'not_served' && (
        <div class="row wrap">
          <Field label={r('entry_from')}>{(tied) => <input {...tied} class="input" type="time" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
          <Field label={r('entry_to')}>{(tied) => <input {...tied} class="input" type="time" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}</Field>
        </div>
      )}
      {times && (
        <p class="num" role="status">
          {r(times.next_day ? 'entry_over_midnight' : 'entry_span', { from: dayClock(times.start), to: clock(times.end), length: minutesText(times.end - times.start) })}
        </p>
      )}
      {fault && (
        <p class="warn-text" role="status">
          {r(fault)}
        </p>
      )}
      {kind.value === 'entry' && (
        <fieldset class="ticks">
          {tasksOf(visit.content).map((task) => (
            <label key={task.code} class="tick">
              <input
                type="checkbox"
                checked={tasks.value.includes(task.code)}
                onChange={(event) => (tasks.value = event.currentTarget.checked ? [...tasks.value, task.code] : tasks.value.filter((one) => one !== task.code))}
              />
              {lang.value === 'zh' ? task.zh : task.en}
            </label>
          ))}
        </fieldset>
      )}
      <Field label={r('reason')}>
        {(tied) => (
          <select {...tied} class="input" value={reason.value} onChange={(event) => (reason.value = event.currentTarget.value)}>
            <option value="" />
            {REASONS[kind.value].map((code) => (
              <option key={code} value={code}>
                {reasonName(code)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={r('note_accept')}>{(tied) => <input {...tied} class="input" maxLength={200} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />}</Field>
      {missing.length > 0 && (
        <p class="soft" role="status">
          {r('entry_missing', { what: missing.map((word) => r(word)).join(r('entry_comma')) })}
        </p>
      )}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
