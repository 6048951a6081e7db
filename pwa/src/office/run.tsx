/** One import: reading, the preview row by row, the confirmation, the result. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api, asProblem, Problem } from '../api/client'
import type { ImportRun } from '../api/wire'
import { say } from '../i18n'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link, navigate } from '../router'
import { Button, Dialog, ErrorState, Icon, Loading, Notice, Progress, Tag, toast } from '../ui'
import { dayClock } from '../ui/format'
import { PageHead, ProblemNotice, StaleNotice } from '../ui/desk'
import { reportName, save } from './files'
import { useRead } from './load'
import { Rows } from './run-rows'
import { COUNTS, isRunning, ROW_LOOKS, STATE_LOOKS, toWrite } from './run-looks'

const POLL_MS = 700

export function Run({ id }: { id: string }) {
  const path = `/api/v1/imports/${encodeURIComponent(id)}`
  const read = useRead(id, (signal) => api.get<ImportRun>(path, {}, { signal }))
  const asking = useSignal(false)
  const run = read.data.value
  const running = run !== null && isRunning(run)
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => void (read.busy.value || read.reload()), POLL_MS)
    return () => clearInterval(timer)
  }, [running])
  const back = () => navigate('/office/import')
  if (run === null) {
    return (
      <div class="stack page">
        <PageHead title={t('import_title')} back={back} />
        {read.error.value ? <ErrorState error={read.error.value} onRetry={() => void read.reload()} /> : <Loading />}
      </div>
    )
  }
  const { icon, tone } = STATE_LOOKS[run.state]
  const previewed = run.state === 'previewed'
  const n = toWrite(run.counts)
  return (
    <div class="stack page import-page">
      <PageHead title={run.file_name} note={dayClock(run.created_at)} back={back}>
        <Tag icon={icon} tone={tone}>
          {t(`import_state_${run.state}`)}
        </Tag>
        {(previewed || run.state === 'applied') && <Report run={run} />}
        {previewed && n > 0 && (
          <Button kind="primary" icon="check" onClick={() => (asking.value = true)}>
            {t('import_apply', { n })}
          </Button>
        )}
      </PageHead>
      {read.error.value !== null && <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} />}
      {running && (
        <section class="card stack tight" role="status">
          <Progress done={run.done} total={run.total > 0 ? run.total : null} label={t(run.state === 'reading' ? 'import_reading' : 'import_applying')} />
          <p class="soft">{t('import_leave_ok')}</p>
        </section>
      )}
      {run.state === 'failed' && <Failed run={run} />}
      {previewed && (
        <Notice tone={n > 0 ? 'warn' : ''} icon="info">
          <b>{t(n > 0 ? 'import_preview_title' : run.counts.refused > 0 ? 'import_preview_title' : 'import_nothing_new')}</b>
          {n > 0 && <p>{t('import_preview_hint')}</p>}
        </Notice>
      )}
      {run.state === 'applied' && (
        <Notice tone="good">
          <div class="row wrap spread">
            <b>{t('import_applied_title')}</b>
            <span class="row wrap">
              <Link to="/office/cards" class="button plain">
                {t('import_next_cards')}
              </Link>
              <Link to="/dispatch" class="button plain">
                {t('import_next_today')}
              </Link>
            </span>
          </div>
        </Notice>
      )}
      {(previewed || run.state === 'applied') && (
        <>
          <Tiles run={run} />
          {run.counts.refused > 0 && (
            <Notice tone="bad">
              <p>{t('import_refused_note', { n: run.counts.refused })}</p>
            </Notice>
          )}
          <Notes run={run} />
          <Rows run={run} path={path} />
        </>
      )}
      {asking.value && (
        <ApplyDialog
          run={run}
          path={path}
          onClose={(next) => {
            asking.value = false
            if (next) read.data.value = next
          }}
        />
      )}
    </div>
  )
}

function Tiles({ run }: { run: ImportRun }) {
  const future = run.state === 'previewed'
  return (
    <ul class="tiles">
      {COUNTS.map((name) => (
        <li key={name} class={`tile ${run.counts[name] ? ROW_LOOKS[name].tone : 'zero'}`}>
          <Icon name={ROW_LOOKS[name].icon} />
          <b class="num">{run.counts[name]}</b>
          <span>{t(future ? `import_will_${name}` : `import_${name}`)}</span>
        </li>
      ))}
    </ul>
  )
}

function Notes({ run }: { run: ImportRun }) {
  const notes = run.notes ?? []
  if (!notes.length) return null
  return (
    <details class="card">
      <summary>{t('import_notes', { n: notes.length })}</summary>
      <ul class="notes">
        {notes.map((note, i) => (
          <li key={i}>
            <span class="soft num">{[note.sheet, note.row && t('import_row_n', { n: note.row }), note.column].filter(Boolean).join(' · ')}</span>{' '}
            {say([note.message, note.message_en])}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Failed({ run }: { run: ImportRun }) {
  const { problem } = run
  const title = problem ? new Problem(problem.code, 0, problem) : null
  const help = problem && `help_${problem.code}` in t.table ? t(`help_${problem.code}` as 'help_WORKBOOK_PROTECTED') : null
  return (
    <section class="card state-box bad" role="alert">
      <Icon name="warn" />
      <h2>{title?.title ?? t('import_failed_title')}</h2>
      {title?.detail && <p>{title.detail}</p>}
      {help && (
        <p>
          <b>{t('import_what_to_do')}</b> {help}
        </p>
      )}
      <p>{t('import_nothing_written')}</p>
      {problem && <p class="small">{common('error_code', { code: problem.code })}</p>}
      <Link to="/office/import" class="button primary">
        {t('import_back')}
      </Link>
    </section>
  )
}

function Report({ run }: { run: ImportRun }) {
  const busy = useSignal(false)
  const fetchReport = async () => {
    busy.value = true
    try {
      const report = await api.get<unknown>(`/api/v1/imports/${run.id}/report`, {}, { timeoutMs: 60_000 })
      const url = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 1)}\n`], { type: 'application/json' }))
      save(url, reportName(run.file_name))
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
      toast(t('import_report_done'))
    } catch (error) {
      toast(asProblem(error).title, { bad: true })
    }
    busy.value = false
  }
  return (
    <Button icon="download" busy={busy.value} onClick={() => void fetchReport()}>
      {t('import_report')}
    </Button>
  )
}

function ApplyDialog({ run, path, onClose }: { run: ImportRun; path: string; onClose: (next: ImportRun | null) => void }) {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const apply = async () => {
    busy.value = true
    failed.value = null
    try {
      onClose(await api.post<ImportRun>(`${path}/apply`))
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={t('import_apply_title')}
      onClose={() => onClose(null)}
      actions={
        <>
          <Button onClick={() => onClose(null)}>{common('cancel')}</Button>
          <Button kind="primary" icon="check" busy={busy.value} onClick={() => void apply()}>
            {t('import_apply', { n: toWrite(run.counts) })}
          </Button>
        </>
      }
    >
      <p>
        <b>{run.file_name}</b>
      </p>
      <p>{t('import_apply_text', { created: run.counts.created, updated: run.counts.updated, refused: run.counts.refused })}</p>
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
