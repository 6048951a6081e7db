/** Recording what a call, or a visit to the home, found about one drawn visit. */
import { signal, useSignal } from '@preact/signals'
import { api } from '../../api/client'
import { common } from '../../i18n/common'
import { s } from '../../i18n/samples'
import { Button, Dialog, Field, Notice } from '../../ui'
import { Choices, ProblemNotice } from '../../ui/desk'
import { type Drawn, isWrong, type Kind, KINDS, type Outcome, OUTCOMES, type SampleView } from './model'
import { LOOKS } from './found'
import { Facts } from './facts'

const LONGEST = 500
/** Whoever calls thirty homes calls the next one, too. */
const lastKind = signal<Kind>('call_back')

export function RecordDialog({ sample, item, onClose }: { sample: string; item: Drawn; onClose: (now: SampleView | null) => void }) {
  const outcome = useSignal<Outcome | null>(null)
  const note = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const wrong = isWrong(outcome.value)
  const missing = wrong && !note.value.trim()

  async function save() {
    tried.value = true
    if (!outcome.value || missing) return
    busy.value = true
    failed.value = null
    try {
      const body = { kind: lastKind.value, outcome: outcome.value, note: note.value.trim() || null }
      const now = await api.post<SampleView>(`/api/v1/review/samples/${sample}/items/${item.visit.id}/inspections`, body)
      onClose(now)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }

  return (
    <Dialog
      title={s('rec_title', { name: item.visit.elder.name })}
      onClose={() => onClose(null)}
      actions={
        <>
          <Button onClick={() => onClose(null)}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} onClick={() => void save()}>
            {common('save')}
          </Button>
        </>
      }
    >
      <Facts item={item} />
      <Choices compact legend={s('how')} value={lastKind.value} onChange={(next) => (lastKind.value = next)} options={KINDS.map((value) => ({ value, label: s(`kind_${value}`) }))} />
      <div class="field one-a-line">
        <Choices
          legend={s('outcome')}
          value={outcome.value}
          onChange={(next) => (outcome.value = next)}
          options={OUTCOMES.map((value) => ({ value, label: s(`out_${value}`), hint: s(`out_${value}_hint`), icon: LOOKS[value].icon }))}
        />
        {tried.value && !outcome.value && (
          <span class="error" role="alert">
            {s('need_outcome')}
          </span>
        )}
      </div>
      {wrong && (
        <Notice tone="warn" icon="shield">
          <p>{s('holds')}</p>
        </Notice>
      )}
      <Field label={s(wrong ? 'note_needed' : 'note_optional')} error={tried.value && missing ? s('need_note') : null}>
        {(tied) => <textarea {...tied} class="input" rows={3} maxLength={LONGEST} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />}
      </Field>
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
