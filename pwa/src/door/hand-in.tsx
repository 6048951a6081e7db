/** Records that find no network: shown to the office as QR codes or given as a file; its receipts come back as a file. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { correction, generate } from 'lean-qr'
import { toSvgPath } from 'lean-qr/extras/svg'
import { frames, packFile, SUFFIX, unpack } from '../handin/pack'
import { canShare, give, share } from '../handin/save'
import { records as t } from '../i18n/records'
import { db, entries, type Entry, reload } from '../outbox'
import { browser } from '../outbox/env'
import { receive, type Received } from '../outbox/receive'
import { Button, civilDay, EmptyState, Notice } from '../ui'
import { Screen } from './frame'
import { RecordCard } from './record-card'
import './records.css'

/** More codes than this nobody waits for. */
const MOST_FRAMES = 120
const FRAME_MS = 450

function Codes({ list, onClose }: { list: readonly Entry[]; onClose: () => void }) {
  const at = useSignal(0)
  const held = useSignal(false)
  const row = frames(
    list.map((entry) => entry.jws),
    list[0]?.hash.slice(0, 6) ?? '',
  )
  useEffect(() => {
    if (held.value || row.length < 2) return
    const timer = setInterval(() => (at.value = (at.value + 1) % row.length), FRAME_MS)
    return () => clearInterval(timer)
  }, [held.value, row.length])
  // A screen that goes dark cannot be scanned.
  useEffect(() => {
    const awake = navigator.wakeLock?.request('screen').catch(() => null)
    return () => void awake?.then((lock) => lock?.release())
  }, [])
  const code = generate(row[at.value % row.length] ?? '', { minCorrectionLevel: correction.L })
  return (
    <Screen
      title={t('hand_in_title')}
      back={onClose}
      foot={
        row.length > 1 && (
          <Button wide onClick={() => (held.value = !held.value)}>
            {t(held.value ? 'hand_in_go' : 'hand_in_hold')}
          </Button>
        )
      }
    >
      <p>{t('hand_in_show')}</p>
      <svg class="hand-code" role="img" aria-label={t('hand_in_qr')} viewBox={`-4 -4 ${code.size + 8} ${code.size + 8}`} shape-rendering="crispEdges">
        <rect x="-4" y="-4" width={code.size + 8} height={code.size + 8} fill="#fff" />
        <path d={toSvgPath(code)} fill="#000" />
      </svg>
      <p class="num center">
        <strong>{t('hand_in_step', { i: (at.value % row.length) + 1, n: row.length })}</strong>
      </p>
      {row.length > 1 && <p class="soft">{t('hand_in_runs')}</p>}
    </Screen>
  )
}

type Reading = { at: 'none' } | { at: 'empty' } | { at: 'read'; found: Received }

/** `only`: the event id of one record; otherwise everything without a receipt. */
export function HandIn({ only }: { only?: string }) {
  const showing = useSignal(false)
  const reading = useSignal<Reading>({ at: 'none' })
  const file = useRef<HTMLInputElement>(null)
  const list = entries.value.filter((entry) => (only ? entry.event_id === only : entry.state !== 'answered'))
  const texts = list.map((entry) => entry.jws)
  const name = `${civilDay(Date.now())}-${list.length}${SUFFIX}`
  const many = frames(texts, '').length > MOST_FRAMES

  async function read(picked: File | undefined) {
    if (!picked) return
    const receipts = unpack(await picked.text().catch(() => ''), 'receipts')
    if (file.current) file.current.value = ''
    if (!receipts.length) {
      reading.value = { at: 'empty' }
      return
    }
    reading.value = { at: 'read', found: await receive(await db(), receipts, { env: browser, entries: entries.value }) }
    await reload()
  }

  if (showing.value && list.length) return <Codes list={list} onClose={() => (showing.value = false)} />
  const now = reading.value
  return (
    <Screen title={t('hand_in_title')} back="/door/records">
      {now.at === 'empty' && (
        <Notice tone="warn">
          <p>{t('receipts_none')}</p>
        </Notice>
      )}
      {now.at === 'read' && (
        <Notice tone={now.found.taken ? 'good' : 'warn'}>
          {now.found.taken > 0 && <p>{t('receipts_taken', { n: now.found.taken })}</p>}
          {now.found.known > 0 && <p>{t('receipts_known', { n: now.found.known })}</p>}
          {now.found.strange > 0 && <p>{t('receipts_strange', { n: now.found.strange })}</p>}
        </Notice>
      )}
      {list.length ? (
        <section class="card stack">
          <h2 class="num">{t('hand_in_count', { n: list.length })}</h2>
          {many ? (
            <p>{t('hand_in_many')}</p>
          ) : (
            <Button kind="primary" big wide icon="scan" onClick={() => (showing.value = true)}>
              {t('hand_in_qr')}
            </Button>
          )}
          <Button wide icon="file" onClick={() => void give(packFile('records', texts), name)}>
            {t('hand_in_file')}
          </Button>
          {canShare() && (
            <Button wide icon="send" onClick={() => void share(packFile('records', texts), name)}>
              {t('hand_in_share')}
            </Button>
          )}
          <p class="soft">{t('hand_in_stay')}</p>
        </section>
      ) : (
        <EmptyState icon="reached" title={t('hand_in_nothing')}>
          <p>{t('hand_in_nothing_hint')}</p>
        </EmptyState>
      )}
      <Button wide icon="download" onClick={() => file.current?.click()}>
        {t('receipts_read')}
      </Button>
      <input ref={file} class="only-read" type="file" accept=".json,application/json" tabIndex={-1} aria-label={t('receipts_read')} onChange={(event) => void read(event.currentTarget.files?.[0])} />
      {only && list.map((entry) => <RecordCard key={entry.event_id} entry={entry} />)}
    </Screen>
  )
}
