/** After a record: stored on the phone (and only then said so), and how far it has come since. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { common } from '../i18n/common'
import { door as t } from '../i18n/door'
import { type Draft, entries, type Entry, type EntryContext, type Judge, record, sending, type Trouble, troubleOf } from '../outbox'
import { NotEnrolled } from '../outbox/queue'
import { findingTexts } from '../rules/findings'
import { WORDS, wordOf } from '../rules/words'
import { Button, EmptyState, Icon, Loading, Notice } from '../ui'
import { Screen } from './frame'
import { verifyOf } from './state'

export type Saving = { step: 'idle' } | { step: 'saving' } | { step: 'failed'; why: Trouble | 'enrol' } | { step: 'done'; entry: Entry }

export interface Recorder {
  saving: Signal<Saving>
  save(draft: Partial<Draft>, context: EntryContext): Promise<Entry | null>
  retry(): void
}

/** Why nothing was stored, and what to do about it. */
export const notSavedText = (why: Trouble | 'enrol'): string => t(why === 'failed' ? 'not_saved_hint' : `not_saved_${why}`)

export interface Judging {
  /** Reads what can be read before there is a record. */
  ready(): void
  /** Makes the judge of one record; asked before it is made. */
  of(draft: Partial<Draft>, context: EntryContext): Promise<Judge>
}

/** A screen of its own for what is nearly always over sooner would only take time from it. */
const SLOW_MS = 300

/** Stores one event, with what the phone's own judge says of it, and knows whether that has worked. */
export function useRecorder(judging?: Judging): Recorder {
  const saving = useSignal<Saving>({ step: 'idle' })
  const busy = useRef(false)
  const last = useRef<(() => void) | null>(null)
  useSignalEffect(() => {
    if (saving.value.step === 'idle') judging?.ready()
  })
  const save = async (draft: Partial<Draft>, context: EntryContext): Promise<Entry | null> => {
    if (busy.current) return null
    busy.current = true
    last.current = () => void save(draft, context)
    const slow = setTimeout(() => (saving.value = { step: 'saving' }), saving.value.step === 'idle' ? SLOW_MS : 0)
    try {
      // A phone that cannot judge records all the same.
      const judge = await judging?.of(draft, context).catch(() => undefined)
      return await record(draft, { context, judge, said: (entry) => (saving.value = { step: 'done', entry }) })
    } catch (error) {
      console.error(error)
      saving.value = { step: 'failed', why: error instanceof NotEnrolled ? 'enrol' : troubleOf(error) }
      return null
    } finally {
      clearTimeout(slow)
      busy.current = false
    }
  }
  return { saving, save, retry: () => last.current?.() }
}

/** The way of a record in the four words, the reached ones filled. */
export function WordTrail({ entry }: { entry: Entry }) {
  const { word, refused } = wordOf(entry, verifyOf)
  const reached = WORDS.indexOf(word)
  return (
    <ol class={`trail ${refused ? 'refused' : ''}`} aria-label={common(refused ? 'word_refused' : `word_${word}`)}>
      {WORDS.map((step, i) => (
        <li key={step} class={i <= reached ? 'on' : ''} aria-current={i === reached ? 'step' : undefined}>
          <span class="trail-dot" aria-hidden="true">
            {i <= reached && <Icon name={refused && i === reached ? 'cross' : 'check'} />}
          </span>
          {refused && i === reached ? common('word_refused') : common(`word_${step}`)}
        </li>
      ))}
    </ol>
  )
}

export function Findings({ codes }: { codes: readonly string[] }) {
  if (!codes.length) return null
  return (
    <ul class="findings">
      {findingTexts(codes).map(({ code, severity, what, next }) => (
        <li key={code} class={`finding ${severity}`}>
          <strong>{what}</strong>
          <span>{next}</span>
        </li>
      ))}
    </ul>
  )
}

/** What the phone found by itself, as long as the server has not spoken. */
export function OwnFindings({ entry }: { entry: Entry }) {
  const judged = entry.event.judged
  if (!judged || entry.answer) return null
  if (!judged.codes.length) return judged.facts_at ? <p class="soft">{t('judged_fine')}</p> : null
  return (
    <section>
      <p class="soft">{t('judged_here')}</p>
      <Findings codes={judged.codes} />
    </section>
  )
}

export function Recorded({ recorder, title, children, actions }: { recorder: Recorder; title: string; children?: ComponentChildren; actions: ComponentChildren }) {
  const state = recorder.saving.value
  if (state.step === 'idle' || state.step === 'saving') {
    return (
      <Screen title="">
        <Loading label={t('saving')} />
      </Screen>
    )
  }
  if (state.step === 'failed') {
    return (
      <Screen
        title=""
        foot={
          state.why === 'newer' || state.why === 'refused' ? (
            <Button kind="primary" big wide icon="refresh" onClick={() => location.reload()}>
              {common('reload')}
            </Button>
          ) : (
            <Button kind="primary" big wide icon="refresh" onClick={recorder.retry}>
              {common('retry')}
            </Button>
          )
        }
      >
        <div class="bad-state">
          <EmptyState icon="warn" title={t('not_saved')}>
            <p>{notSavedText(state.why)}</p>
          </EmptyState>
        </div>
      </Screen>
    )
  }
  // What has become of it since; at first nobody else knows of it.
  const entry = entries.value.find((other) => other.event_id === state.entry.event_id) ?? state.entry
  const refused = entry.answer?.verdict === 'refused'
  return (
    <Screen title={title} foot={actions}>
      <div class={`done ${refused ? 'refused' : ''}`} role="status">
        <span class="done-mark">
          <Icon name={refused ? 'warn' : 'check'} />
        </span>
        <h2>{refused ? t('done_refused') : title}</h2>
        {children}
        <p class="done-saved">{t('done_saved')}</p>
      </div>
      <WordTrail entry={entry} />
      <OwnFindings entry={entry} />
      {entry.answer && <Findings codes={entry.answer.codes} />}
      {entry.state !== 'answered' && (
        <Notice {...(sending.value.needsEnrolment ? { tone: 'bad', icon: 'phone' } : {})}>
          <p>{t(sending.value.needsEnrolment ? 'out_enrol' : 'rec_waiting')}</p>
        </Notice>
      )}
    </Screen>
  )
}
