/** The decision about one visit: accept, reject or ask, with a reason that is kept and words where they are owed. */
import { useSignal } from '@preact/signals'
import { api, asProblem } from '../../api/client'
import { REASONS, r, reasonName } from '../../i18n/review'
import { Button, Field, Notice, toast } from '../../ui'
import { Choices, ProblemNotice } from '../../ui/desk'
import type { ReviewVisit, Word } from './wire'

const WORDS: readonly Word[] = ['accept', 'reject', 'ask']

export function Decide({ review, onDecided }: { review: ReviewVisit; onDecided: () => void }) {
  const word = useSignal<Word | null>(null)
  const reason = useSignal<string>('')
  const note = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const must = review.why.some((one) => one.must_fix)
  const needsNote = word.value !== null && (word.value !== 'accept' || must)
  const wrong = { reason: reason.value ? null : r('need_reason'), note: needsNote && !note.value.trim() ? r('need_note') : null }

  async function save() {
    tried.value = true
    if (!word.value || wrong.reason || wrong.note) return
    busy.value = true
    failed.value = null
    try {
      await api.post(`/api/v1/review/visits/${review.evidence.id}/decisions`, {
        decision: word.value,
        reason_code: reason.value,
        note: note.value.trim() || null,
        codes: review.codes,
        seen: review.seen,
        shown: review.shown,
      })
      toast(r('decided'))
      onDecided()
    } catch (error) {
      failed.value = error
      // Somebody else was faster: what stands now is read again, and the words that were typed stay.
      if (asProblem(error).status === 409) onDecided()
    } finally {
      busy.value = false
    }
  }

  // As the server has it: what answers the holds would answer the family's objection, too.
  const answersHolds = (value: (typeof WORDS)[number]) => value === 'accept' || (value === 'reject' && review.evidence.op_state !== 'completed')
  if (review.own_work) return <Notice tone="warn">{r('own_work')}</Notice>
  return (
    <div class="stack tight">
      {review.family_waits && <Notice tone="warn">{r('family_waits')}</Notice>}
      <Choices
        legend={r('decide_title')}
        value={word.value}
        onChange={(next) => {
          word.value = next
          reason.value = ''
        }}
        options={WORDS.map((value) => ({ value, label: r(`decide_${value}`), hint: r(`decide_${value}_hint`), disabled: review.family_waits && answersHolds(value) }))}
      />
      {word.value && (
        <>
          <Field label={r('reason')} error={tried.value ? wrong.reason : null}>
            {(tied) => (
              <select {...tied} class="input" value={reason.value} onChange={(event) => (reason.value = event.currentTarget.value)}>
                <option value="" />
                {REASONS[word.value as Word].map((code) => (
                  <option key={code} value={code}>
                    {reasonName(code)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={r(word.value === 'accept' ? (must ? 'note_accept_needed' : 'note_accept') : `note_${word.value}`)} error={tried.value ? wrong.note : null}>
            {(tied) => <textarea {...tied} class="input" rows={3} maxLength={200} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />}
          </Field>
          <ProblemNotice error={failed.value} />
          <Button kind={word.value === 'reject' ? 'danger' : 'primary'} big wide busy={busy.value} onClick={() => void save()}>
            {r('decide_save')}
          </Button>
        </>
      )}
    </div>
  )
}
