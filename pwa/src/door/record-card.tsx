/** One record of the caregiver: how far it has come, what was found, and what to do next. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { AnnulReason } from '../api/wire'
import { common, serviceName } from '../i18n/common'
import { door as t } from '../i18n/door'
import { entries, type Entry } from '../outbox'
import { canAnnul, isAnnulled } from '../rules/visit'
import { wordOf } from '../rules/words'
import { Button, civilDay, clock, Dialog, dayClock, Notice, StatusWord, Tag } from '../ui'
import { useNow } from '../ui/use'
import { Findings, notSavedText, OwnFindings, useRecorder, WordTrail } from './done'
import { Choice } from './frame'
import { positionNow } from './position'
import { recordsOf, verifyOf } from './state'

const REASONS: readonly AnnulReason[] = ['mistake', 'wrong_elder', 'wrong_home']

function Annul({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const reason = useSignal<AnnulReason>('mistake')
  const recorder = useRecorder()
  const saving = recorder.saving.value
  const state = saving.step
  async function annul() {
    const { event, context } = entry
    const done = await recorder.save(
      { kind: 'annul', visit_id: event.visit_id, elder_ids: event.elder_ids, annuls: entry.event_id, reason: reason.value, ...positionNow() },
      { ...context, day: civilDay(Date.now()) },
    )
    if (done) onClose()
  }
  return (
    <Dialog
      title={t('annul_title')}
      onClose={onClose}
      actions={
        <>
          <Button kind="danger" icon="undo" busy={state === 'saving'} onClick={() => void annul()}>
            {t('annul_do')}
          </Button>
          <Button onClick={onClose}>{common('cancel')}</Button>
        </>
      }
    >
      <p>{t('annul_hint')}</p>
      {saving.step === 'failed' && (
        <Notice tone="bad">
          <p>{t('not_saved')}</p>
          <p>{notSavedText(saving.why)}</p>
        </Notice>
      )}
      <div class="picks" role="radiogroup" aria-label={t('annul_title')}>
        {REASONS.map((one) => (
          <Choice key={one} kind="radio" name="annul" checked={reason.value === one} onChange={() => (reason.value = one)}>
            {t(`annul_${one}`)}
          </Choice>
        ))}
      </div>
    </Dialog>
  )
}

function explanation(entry: Entry): string | null {
  const { refused, held, word } = wordOf(entry, verifyOf)
  if (entry.state === 'set_aside') return t('rec_aside', { code: entry.problem ?? '' })
  if (word === 'on_phone') return t('rec_waiting')
  if (refused) return t('rec_refused')
  return held ? t('rec_held') : null
}

/** `brief`: under its own visit, where the elder need not be named again. `children` come before what can be done. */
export function RecordCard({ entry, brief = false, children }: { entry: Entry; brief?: boolean; children?: ComponentChildren }) {
  const asking = useSignal(false)
  const now = useNow(20_000).value
  const { event, context, answer } = entry
  const { word, refused, held } = wordOf(entry, verifyOf)
  const taken = isAnnulled(entry, entries.value)
  const target = event.annuls ? entries.value.find((other) => other.event_id === event.annuls) : undefined
  const says = explanation(entry)
  const who = context.elders.map((elder) => elder.name).join('、') || common('unknown_elder')
  return (
    <article class={`card record ${refused ? 'refused' : held ? 'held' : ''} ${taken ? 'taken' : ''}`}>
      <div class="row wrap spread">
        <h2 class="num">
          {clock(event.claimed_at)} {t(`kind_${event.kind}`)}
        </h2>
        {taken ? <Tag icon="undo">{t('annulled')}</Tag> : <StatusWord word={word} refused={refused} />}
      </div>
      {!brief && (
        <p>
          <strong>{who}</strong>
          {context.service_type && ` · ${serviceName(context.service_type)}`}
        </p>
      )}
      {event.kind === 'not_served' && event.reason && <p>{t(`ns_${event.reason}` as 'ns_absent')}</p>}
      {target && <p>{t('annul_of', { time: clock(target.event.claimed_at), kind: t(`kind_${target.event.kind}`).toLowerCase() })}</p>}
      {event.capture && event.capture !== 'camera' && <p class="soft">{t(`rec_${event.capture}`)}</p>}
      <WordTrail entry={entry} />
      {says && (
        <Notice tone={refused || entry.state === 'set_aside' ? 'bad' : held ? 'warn' : ''}>
          <p>{says}</p>
        </Notice>
      )}
      <OwnFindings entry={entry} />
      {answer && <Findings codes={answer.codes} />}
      {answer && (
        <p class="soft num">
          {t('rec_receipt')} {dayClock(answer.received_at)}
        </p>
      )}
      {children}
      {canAnnul(entry, entries.value, now) && (
        <Button kind="danger" icon="undo" wide onClick={() => (asking.value = true)}>
          {t('annul_do')}
        </Button>
      )}
      {asking.value && <Annul entry={entry} onClose={() => (asking.value = false)} />}
    </article>
  )
}

export function RecordsOf({ visit }: { visit: string }) {
  return (
    <>
      {recordsOf(visit).map((entry) => (
        <RecordCard key={entry.event_id} entry={entry} brief />
      ))}
    </>
  )
}
