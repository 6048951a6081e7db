/** Records that a phone could not send itself: taken from its codes, a file or pasted text, and answered one by one. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { collector, packFile, SUFFIX, unpack } from '../handin/pack'
import { give } from '../handin/save'
import { type Handed, submit } from '../handin/submit'
import { common } from '../i18n/common'
import { door } from '../i18n/door'
import { handIn as t } from '../i18n/handin'
import { findingTexts, holds } from '../rules/findings'
import { type Camera, openCamera } from '../scan/camera'
import { decoder } from '../scan/decoder'
import { Button, dayClock, EmptyState, Field, Icon, Notice, Progress, Tag } from '../ui'
import { PageHead } from '../ui/desk'
import './hand-in.css'

type Step = { at: 'start' } | { at: 'scan' } | { at: 'paste' } | { at: 'sending'; done: number; of: number } | { at: 'done'; handed: Handed[] }

export function HandIn() {
  const step = useSignal<Step>({ at: 'start' })
  const nothing = useSignal(false)
  const input = useRef<HTMLInputElement>(null)
  const text = useSignal('')

  async function take(texts: readonly string[]) {
    nothing.value = !texts.length
    if (!texts.length) {
      step.value = { at: 'start' }
      return
    }
    const of = texts.length
    step.value = { at: 'sending', done: 0, of }
    const handed = await submit(texts, { onProgress: (done) => (step.value = { at: 'sending', done, of }) })
    text.value = ''
    step.value = { at: 'done', handed }
  }

  async function read(files: FileList | null) {
    const contents = await Promise.all([...(files ?? [])].map((file) => file.text().catch(() => '')))
    if (input.current) input.current.value = ''
    await take([...new Set(contents.flatMap((content) => unpack(content, 'records')))])
  }

  const now = step.value
  return (
    <div class="stack page hand-in">
      <PageHead title={t('title')} note={t('note')} />
      {nothing.value && (
        <Notice tone="bad">
          <p>
            <strong>{t('nothing')}</strong>
          </p>
          <p>{t('nothing_hint')}</p>
        </Notice>
      )}
      {(now.at === 'start' || now.at === 'paste') && (
        <section class="card stack">
          <div class="row wrap">
            <Button kind="primary" icon="scan" onClick={() => (step.value = { at: 'scan' })}>
              {t('scan')}
            </Button>
            <Button icon="file" onClick={() => input.current?.click()}>
              {t('file')}
            </Button>
            <Button icon="keyboard" aria-expanded={now.at === 'paste'} onClick={() => (step.value = { at: now.at === 'paste' ? 'start' : 'paste' })}>
              {t('paste')}
            </Button>
          </div>
          <input ref={input} type="file" multiple hidden accept=".json,application/json,text/plain" aria-label={t('file')} onChange={(event) => void read(event.currentTarget.files)} />
          {now.at === 'paste' && (
            <form
              class="stack"
              onSubmit={(event) => {
                event.preventDefault()
                void take(unpack(text.value, 'records'))
              }}
            >
              <Field label={t('paste_label')} hint={t('paste_hint')}>
                {(tied) => <textarea {...tied} rows={6} spellcheck={false} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
              </Field>
              <Button kind="primary" type="submit" disabled={!text.value.trim()}>
                {t('paste_do')}
              </Button>
            </form>
          )}
          <p class="soft">{t('proof')}</p>
        </section>
      )}
      {now.at === 'scan' && <ScanRow onAll={(texts) => void take(texts)} onClose={() => (step.value = { at: 'start' })} />}
      {now.at === 'sending' && <Progress done={now.done} total={now.of} label={t('sending', { n: now.of })} />}
      {now.at === 'done' && <Results handed={now.handed} onMore={() => (step.value = { at: 'start' })} onRetry={(texts) => void take(texts)} />}
    </div>
  )
}

/** The camera on the phone's screen, until every code of the row was seen. */
function ScanRow({ onAll, onClose }: { onAll: (texts: string[]) => void; onClose: () => void }) {
  const view = useRef<HTMLVideoElement>(null)
  const got = useSignal({ have: 0, of: 0 })
  const failed = useSignal(false)
  useEffect(() => {
    if (!view.current) return
    const stop = new AbortController()
    const collect = collector()
    let camera: Camera | null = null
    const onTexts = (texts: readonly string[]) => {
      for (const text of texts) {
        const state = collect(text)
        if (!state || stop.signal.aborted) continue
        got.value = { have: state.have, of: state.of }
        if (!state.texts) continue
        stop.abort()
        onAll(state.texts)
      }
    }
    openCamera(view.current, { onTexts, onDecoderLost: () => (failed.value = true), signal: stop.signal }).then(
      (opened) => {
        camera = opened
        return decoder().catch(() => (failed.value = true))
      },
      () => (failed.value = !stop.signal.aborted),
    )
    return () => {
      stop.abort()
      camera?.stop()
    }
  }, [])
  const { have, of } = got.value
  return (
    <section class="card stack">
      {failed.value ? (
        <EmptyState icon="warn" title={t('camera_failed')}>
          <p>{t('camera_failed_hint')}</p>
        </EmptyState>
      ) : (
        <>
          <p>{t('aim')}</p>
          <video ref={view} class="hand-in-view" muted playsInline autoPlay aria-hidden="true" />
          {of > 0 && <Progress done={have} total={of} label={t('pieces', { have, of })} />}
        </>
      )}
      <Button icon="cross" onClick={onClose}>
        {t('stop')}
      </Button>
    </section>
  )
}

const LOOKS = {
  accepted: { tone: 'good', icon: 'check' },
  accepted_with_findings: { tone: 'warn', icon: 'info' },
  refused: { tone: 'bad', icon: 'warn' },
  failed: { tone: 'bad', icon: 'offline' },
} as const

function Results({ handed, onMore, onRetry }: { handed: readonly Handed[]; onMore: () => void; onRetry: (texts: string[]) => void }) {
  const receipts = handed.flatMap((one) => one.receipt ?? [])
  const refused = handed.filter((one) => one.verdict === 'refused').length
  const unsent = handed.filter((one) => one.problem)
  return (
    <section class="stack">
      <div role="status" class="stack tight">
        {receipts.length > 0 && <Notice tone={refused ? '' : 'good'}>{t('done', { n: receipts.length })}</Notice>}
        {refused > 0 && <Notice tone="warn">{t('done_refused', { n: refused })}</Notice>}
        {unsent.length > 0 && <Notice tone="bad">{t('done_problem', { n: unsent.length })}</Notice>}
      </div>
      <ul class="handed">
        {handed.map((one) => {
          const state = one.problem || !one.verdict ? 'failed' : one.verdict === 'accepted_with_findings' && !holds(one.codes) ? 'accepted' : one.verdict
          return (
            <li key={one.jws} class="card">
              <div class="row wrap spread">
                <strong class="num">
                  {one.event.claimed_at ? dayClock(one.event.claimed_at) : ''} {one.event.kind ? door(`kind_${one.event.kind}`) : ''}
                </strong>
                <Tag {...LOOKS[state]}>{t(state)}</Tag>
              </div>
              {one.problem && (
                <p>
                  {one.problem.title} <small class="soft">{one.problem.code}</small>
                </p>
              )}
              {findingTexts(one.codes).map(({ code, what }) => (
                <p key={code}>{what}</p>
              ))}
            </li>
          )
        })}
      </ul>
      <div class="row wrap">
        {receipts.length > 0 && (
          <Button kind="primary" icon="download" onClick={() => void give(packFile('receipts', receipts), `receipts-${receipts.length}${SUFFIX}`)}>
            {t('receipts')}
          </Button>
        )}
        {unsent.length > 0 && (
          <Button icon="refresh" onClick={() => onRetry(unsent.map((one) => one.jws))}>
            {common('retry')}
          </Button>
        )}
        <Button icon="plus" onClick={onMore}>
          {t('more')}
        </Button>
      </div>
      {receipts.length > 0 && (
        <p class="soft">
          <Icon name="info" /> {t('receipts_hint')}
        </p>
      )}
    </section>
  )
}
