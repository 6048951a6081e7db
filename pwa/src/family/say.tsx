/** Saying something about a visit: stars, a question, or an objection. One thing on the screen. */
import { useSignal } from '@preact/signals'
import { api, asProblem, type Problem } from '../api/client'
import { common } from '../i18n/common'
import { family as t } from '../i18n/family'
import { goBack } from '../router'
import { Button, EmptyState, ErrorState, Field, Notice, toast } from '../ui'
import { Page } from './frame'
import type { NewWord, Reason } from './wire'

const REASONS: readonly Reason[] = ['nobody_came', 'too_short', 'not_done', 'other_person', 'conduct', 'other']
const LONGEST = 200

function Words({ label, hint, value, onInput }: { label: string; hint?: string; value: string; onInput: (text: string) => void }) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(tied) => <textarea {...tied} class="input" rows={4} maxLength={LONGEST} value={value} onInput={(event) => onInput(event.currentTarget.value)} />}
    </Field>
  )
}

export function SayPage({ id, kind }: { id: string; kind: string }) {
  const text = useSignal('')
  const score = useSignal<number | null>(null)
  const reason = useSignal<Reason | null>(null)
  const busy = useSignal(false)
  const problem = useSignal<Problem | null>(null)
  const back = `/family/visit/${id}`

  async function send(word: NewWord) {
    busy.value = true
    problem.value = null
    try {
      await api.post(`/api/v1/family/visits/${id}/feedback`, word)
      toast(t('sent'))
      goBack(back)
    } catch (error) {
      problem.value = asProblem(error)
    } finally {
      busy.value = false
    }
  }

  const said = text.value.trim()
  const needsText = kind === 'ask' || reason.value === 'other'
  const ready = kind === 'rate' ? score.value !== null : kind === 'object' ? reason.value !== null && (!needsText || said !== '') : said !== ''
  const word = (): NewWord => ({ kind: kind as NewWord['kind'], score: score.value, reason: reason.value, text: said || null })
  const title = kind === 'rate' ? t('rate_title') : kind === 'object' ? t('object_title') : t('ask_title')

  if (!['rate', 'object', 'ask'].includes(kind)) {
    return (
      <Page title={t('visit_title')} back={back}>
        <EmptyState icon="search" title={common('not_found')} />
      </Page>
    )
  }
  return (
    <Page
      title={title}
      back={back}
      foot={
        <Button kind="primary" big wide icon="send" busy={busy.value} disabled={!ready} onClick={() => void send(word())}>
          {t('say_send')}
        </Button>
      }
    >
      {problem.value && <ErrorState error={problem.value} />}
      {kind === 'rate' && (
        <div class="stars" role="radiogroup" aria-label={title}>
          {([5, 4, 3, 2, 1] as const).map((n) => (
            <button key={n} type="button" role="radio" aria-checked={score.value === n} aria-label={t('star', { n })} onClick={() => (score.value = n)}>
              <span class="star" aria-hidden="true">
                {'★'.repeat(n)}
                {'☆'.repeat(5 - n)}
              </span>
              <span>{t(`star_${n}`)}</span>
            </button>
          ))}
        </div>
      )}
      {kind === 'object' && (
        <>
          <div class="choices" role="radiogroup" aria-label={title}>
            {REASONS.map((one) => (
              <button key={one} type="button" role="radio" aria-checked={reason.value === one} onClick={() => (reason.value = one)}>
                {t(`reason_${one}`)}
              </button>
            ))}
          </div>
          {reason.value && <Words label={t(needsText ? 'object_more_needed' : 'object_more')} value={text.value} onInput={(given) => (text.value = given)} />}
          <Notice>
            <p>{t('object_promise')}</p>
          </Notice>
        </>
      )}
      {kind === 'ask' && <Words label={title} hint={t('ask_hint')} value={text.value} onInput={(given) => (text.value = given)} />}
    </Page>
  )
}
