/** The rows of an import, by sheet and by result. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { api } from '../api/client'
import type { ImportRow, ImportRun, Page } from '../api/wire'
import { lang, say } from '../i18n'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Button, EmptyState, ErrorState, Loading, Tag } from '../ui'
import { Chips, ProblemNotice, useWide } from '../ui/desk'
import { useRead } from './load'
import { COUNTS, ROW_LOOKS, type RowStatus, rowsIn } from './run-looks'

const PAGE = 100

export function Rows({ run, path }: { run: ImportRun; path: string }) {
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
      {(row.others ?? []).map((other) => (
        <span key={other.code + other.column}>{[other.column, say([other.message, other.message_en])].filter(Boolean).join(t('colon'))}</span>
      ))}
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
