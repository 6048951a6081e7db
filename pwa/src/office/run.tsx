/** One import: reading, the preview row by row, the confirmation, the result. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api, asProblem, Problem } from '../api/client'
import type { ImportRow, ImportRun, Page } from '../api/wire'
import { lang } from '../i18n'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link, navigate } from '../router'
import { Button, Dialog, EmptyState, ErrorState, Icon, Loading, Notice, Progress, Tag, toast } from '../ui'
import { dayClock } from '../ui/format'
import { Chips, PageHead, ProblemNotice, StaleNotice, useWide } from '../ui/desk'
import { reportName, save } from './files'
import { useRead } from './load'
import { COUNTS, isRunning, ROW_LOOKS, type RowStatus, rowsIn, STATE_LOOKS, toWrite } from './run-looks'

const POLL_MS = 700
const PAGE = 100

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

function Rows({ run, path }: { run: ImportRun; path: string }) {
  const status = useSignal<RowStatus | 'all'>(run.counts.refused > 0 ? 'refused' : 'all')
  const sheet = useSignal<string>('')
  const more = useSignal<ImportRow[]>([])
  const next = useSignal<string | null>(null)
  const busyMore = useSignal(false)
  const failedMore = useSignal<unknown>(null)
  const turn = useRef(0)
  const get = (cursor: string | null) =>
    api.get<Page<ImportRow>>(`${path}/rows`, { status: status.value === 'all' ? null : status.value, sheet: sheet.value, cursor, limit: PAGE })
  const read = useRead(`${run.state} ${status.value} ${sheet.value}`, async () => {
    turn.current++
    const page = await get(null)
    more.value = []
    next.value = page.next
    return page
  })
  const loadMore = async () => {
    const mine = turn.current
    busyMore.value = true
    failedMore.value = null
    try {
      const page = await get(next.value)
      if (mine === turn.current) {
        more.value = [...more.value, ...page.items]
        next.value = page.next
      }
    } catch (error) {
      failedMore.value = error
    }
    busyMore.value = false
  }
  const chosen = run.sheets.find((one) => one.name === sheet.value)
  const counts = chosen ?? run.counts
  const rows = [...(read.data.value?.items ?? []), ...more.value]
  return (
    <section class="stack tight">
      <h2>{t('import_rows')}</h2>
      <div class="table-box">
        <table class="sheets">
          <caption class="only-read">{t('import_by_sheet')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('import_sheet')}</th>
              {COUNTS.map((name) => (
                <th key={name} scope="col" class="right">
                  {t(`import_${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[{ name: '', ...run.counts }, ...run.sheets].map((one) => (
              <tr key={one.name} class={one.name === sheet.value ? 'chosen' : undefined}>
                <th scope="row">
                  <button type="button" class="link" aria-pressed={one.name === sheet.value} onClick={() => (sheet.value = one.name)}>
                    {one.name || t('import_sheet_all')}
                  </button>
                </th>
                {COUNTS.map((name) => (
                  <td key={name} class={name === 'refused' && one[name] > 0 ? 'right num bad' : 'right num'}>
                    {one[name]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Chips
        label={t('import_status_filter')}
        value={status.value}
        onChange={(value) => (status.value = value)}
        chips={(['all', ...COUNTS] as const).map((value) => ({
          value,
          label: t(`import_${value}`),
          count: value === 'all' ? rowsIn(counts) : counts[value],
          ...(value === 'all' ? {} : ROW_LOOKS[value]),
        }))}
      />
      {read.data.value === null ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : rows.length === 0 ? (
        <EmptyState icon="search" title={t('import_rows_none')} />
      ) : (
        <RowList rows={rows} />
      )}
      <ProblemNotice error={failedMore.value} />
      {next.value !== null && rows.length > 0 && (
        <div class="list-foot">
          <Button busy={busyMore.value} onClick={() => void loadMore()}>
            {common('more')}
          </Button>
        </div>
      )}
    </section>
  )
}

function Why({ row }: { row: ImportRow }) {
  const message = lang.value === 'zh' ? row.message : (row.message_en ?? row.message)
  return (
    <>
      {message && <b>{message}</b>}
      {row.summary && <span class="soft">{row.summary}</span>}
    </>
  )
}

function RowList({ rows }: { rows: readonly ImportRow[] }) {
  const wide = useWide(700)
  const word = (row: ImportRow) => (
    <Tag icon={ROW_LOOKS[row.status].icon} tone={ROW_LOOKS[row.status].tone}>
      {t(`import_${row.status}`)}
    </Tag>
  )
  if (!wide) {
    return (
      <ul class="stack tight">
        {rows.map((row, i) => (
          <li key={i} class="import-row card">
            <div class="row wrap">
              {word(row)}
              <span class="num">{[row.sheet, t('import_row_n', { n: row.row }), row.column].filter(Boolean).join(' · ')}</span>
            </div>
            <div class="why">
              <Why row={row} />
            </div>
          </li>
        ))}
      </ul>
    )
  }
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('import_result')}</th>
            <th scope="col">{t('import_sheet')}</th>
            <th scope="col" class="right">
              {t('import_row')}
            </th>
            <th scope="col">{t('import_column')}</th>
            <th scope="col">{t('import_reason')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              <td>{word(row)}</td>
              <td>{row.sheet}</td>
              <td class="right num">{row.row}</td>
              <td>{row.column ?? <span class="soft">—</span>}</td>
              <td class="why">
                <Why row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
