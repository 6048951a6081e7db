/** Printed cards: choosing homes and issuing new codes, with a plain warning about the old ones. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api, asProblem } from '../api/client'
import type { Household, Me, Page } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link } from '../router'
import { Button, civilDay, Dialog, EmptyState, ErrorState, Icon, Loading, Notice, Tag } from '../ui'
import { fullDay } from '../ui/format'
import { Chips, Choices, PageHead, ProblemNotice, SearchBox, StaleNotice, useWide } from '../ui/desk'
import { mayOpen } from './access'
import { save } from './files'
import { useRead } from './load'
import { type CardFilter, type Chosen, canBePng, choose, fits, type Format, type Layout, MOST, pages, refreshed, withCard } from './selection'

const PAGE = 50
const FILTERS = [
  { value: 'all', tone: '' },
  { value: 'without', tone: 'warn' },
  { value: 'with', tone: 'good' },
  { value: 'no_point', tone: 'warn' },
] as const

interface Printed {
  url: string
  name: string
  homes: number
  taken: boolean
}

export function Cards({ who }: { who: Me }) {
  const q = useSignal('')
  const filter = useSignal<CardFilter>('all')
  const more = useSignal<Household[]>([])
  const next = useSignal<string | null>(null)
  const busyMore = useSignal(false)
  const failedMore = useSignal<unknown>(null)
  const chosen = useSignal<Chosen>(new Map())
  const layout = useSignal<Layout>('sheet')
  const format = useSignal<Format>('pdf')
  const asking = useSignal(false)
  const printed = useSignal<Printed | null>(null)
  const wide = useWide(1000)
  const get = (cursor: string | null, signal?: AbortSignal) => api.get<Page<Household>>('/api/v1/households', { q: q.value, cursor, limit: PAGE }, signal ? { signal } : {})
  const read = useRead(q.value, async (signal) => {
    const page = await get(null, signal)
    more.value = []
    failedMore.value = null
    next.value = page.next
    chosen.value = refreshed(chosen.value, page.items)
    return page
  })
  const loadMore = async () => {
    const asked = q.value
    busyMore.value = true
    failedMore.value = null
    try {
      const page = await get(next.value)
      if (asked === q.value) {
        more.value = [...more.value, ...page.items]
        next.value = page.next
      }
    } catch (error) {
      failedMore.value = error
    }
    busyMore.value = false
  }
  const drop = () => {
    if (printed.value) URL.revokeObjectURL(printed.value.url)
    printed.value = null
  }
  useEffect(() => {
    const keep = (event: BeforeUnloadEvent) => {
      if (printed.value && !printed.value.taken) event.preventDefault()
    }
    addEventListener('beforeunload', keep)
    return () => {
      removeEventListener('beforeunload', keep)
      if (printed.value) URL.revokeObjectURL(printed.value.url)
    }
  }, [])
  const homes = [...(read.data.value?.items ?? []), ...more.value]
  const shown = homes.filter((home) => fits(home, filter.value))
  const flip = (list: readonly Household[], on: boolean) => (chosen.value = choose(chosen.value, list, on))
  const List = wide ? Table : List360
  return (
    <div class="stack page cards-page">
      <PageHead title={t('cards_title')} note={t('cards_note')} />
      {printed.value && <Ready printed={printed.value} onTaken={() => printed.value && (printed.value = { ...printed.value, taken: true })} onDone={drop} />}
      <div class="toolbar">
        <SearchBox label={t('cards_search')} value={q.value} onSearch={(text) => (q.value = text)} />
        <Chips
          label={t('cards_filter')}
          value={filter.value}
          onChange={(value) => (filter.value = value)}
          chips={FILTERS.map(({ value, tone }) => ({ value, tone, label: t(`cards_${value}`), count: homes.filter((home) => fits(home, value)).length }))}
        />
      </div>
      {read.error.value !== null && read.data.value !== null && <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} />}
      {read.data.value === null ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : homes.length === 0 ? (
        <NoHomes q={q.value} who={who} />
      ) : (
        <>
          {shown.length === 0 ? <EmptyState icon="search" title={t('cards_none_filter')} /> : <List homes={shown} chosen={chosen.value} onFlip={flip} />}
          <ProblemNotice error={failedMore.value} />
          {next.value !== null && (
            <div class="list-foot">
              <Button busy={busyMore.value} onClick={() => void loadMore()}>
                {common('more')}
              </Button>
            </div>
          )}
          <PrintBar
            chosen={chosen.value}
            layout={layout.value}
            format={format.value}
            onLayout={(value) => {
              layout.value = value
              if (!canBePng(chosen.value.size, value)) format.value = 'pdf'
            }}
            onFormat={(value) => (format.value = value)}
            onClear={() => (chosen.value = new Map())}
            onPrint={() => {
              if (!canBePng(chosen.value.size, layout.value)) format.value = 'pdf'
              asking.value = true
            }}
          />
        </>
      )}
      {asking.value && (
        <PrintDialog
          chosen={chosen.value}
          layout={layout.value}
          format={format.value}
          unread={printed.value !== null && !printed.value.taken}
          onClose={(result) => {
            asking.value = false
            if (result === 'unsure') void read.reload()
            else if (result) {
              drop()
              printed.value = result
              chosen.value = new Map()
              void read.reload()
              scrollTo({ top: 0 })
            }
          }}
        />
      )}
    </div>
  )
}

function NoHomes({ q, who }: { q: string; who: Me }) {
  if (q) {
    return (
      <EmptyState icon="search" title={t('cards_none_found', { q })}>
        <p>{t('cards_none_found_hint')}</p>
      </EmptyState>
    )
  }
  return (
    <EmptyState icon="home" title={t('cards_none')}>
      <p>{t('cards_none_hint')}</p>
      {mayOpen(who.role, 'import') && (
        <Link to="/office/import" class="button primary">
          {t('nav_import')}
        </Link>
      )}
    </EmptyState>
  )
}

interface ListProps {
  homes: readonly Household[]
  chosen: Chosen
  onFlip: (homes: readonly Household[], on: boolean) => void
}

const elderNames = (home: Household): string => home.elders.map((one) => one.name).join('、') || '—'

function CodeWord({ home }: { home: Household }) {
  if (!home.code) return <Tag icon="card">{t('cards_code_none')}</Tag>
  return (
    <span class="code-word">
      <Tag icon="check" tone="good">
        {t('cards_code', { n: home.code.version })}
      </Tag>
      <small class="soft num">{t('cards_code_since', { day: fullDay(home.code.issued_at) })}</small>
    </span>
  )
}

function PointWord({ home }: { home: Household }) {
  if (home.point) return <span class="soft">{t('cards_point_yes')}</span>
  return (
    <Tag icon="place" tone="warn">
      {t('cards_no_point')}
    </Tag>
  )
}

function All({ homes, chosen, onFlip }: ListProps) {
  const on = homes.filter((home) => chosen.has(home.id)).length
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={on > 0 && on === homes.length}
        ref={(box) => {
          if (box) box.indeterminate = on > 0 && on < homes.length
        }}
        onChange={(event) => onFlip(homes, event.currentTarget.checked)}
      />
      {t('cards_select_shown')}
    </label>
  )
}

function Box({ home, chosen, onFlip }: { home: Household } & Omit<ListProps, 'homes'>) {
  const on = chosen.has(home.id)
  return (
    <input
      type="checkbox"
      checked={on}
      disabled={!on && chosen.size >= MOST}
      aria-label={t('cards_select', { home: `${elderNames(home)} ${home.address}` })}
      onChange={(event) => onFlip([home], event.currentTarget.checked)}
    />
  )
}

function Table(props: ListProps) {
  return (
    <div class="table-box">
      <div class="table-top">
        <All {...props} />
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col" class="box">
              <span class="only-read">{t('cards_select_shown')}</span>
            </th>
            <th scope="col">{t('cards_col_elders')}</th>
            <th scope="col">{t('cards_col_home')}</th>
            <th scope="col">{t('cards_col_area')}</th>
            <th scope="col">{t('cards_col_code')}</th>
            <th scope="col">{t('cards_col_point')}</th>
          </tr>
        </thead>
        <tbody>
          {props.homes.map((home) => (
            <tr key={home.id} class={props.chosen.has(home.id) ? 'chosen' : undefined}>
              <td class="box">
                <Box home={home} chosen={props.chosen} onFlip={props.onFlip} />
              </td>
              <th scope="row">{elderNames(home)}</th>
              <td>{home.address}</td>
              <td>
                {home.subdistrict}
                <small class="soft">{home.community}</small>
              </td>
              <td>
                <CodeWord home={home} />
              </td>
              <td>
                <PointWord home={home} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function List360(props: ListProps) {
  return (
    <div class="stack tight">
      <All {...props} />
      <ul class="stack tight">
        {props.homes.map((home) => (
          <li key={home.id} class={props.chosen.has(home.id) ? 'home-card card chosen' : 'home-card card'}>
            <Box home={home} chosen={props.chosen} onFlip={props.onFlip} />
            <div class="grow">
              <b class="big-name">{elderNames(home)}</b>
              <small class="soft">{home.address}</small>
              <span class="row wrap">
                <CodeWord home={home} />
                {!home.point && <PointWord home={home} />}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}

function PrintBar(props: {
  chosen: Chosen
  layout: Layout
  format: Format
  onLayout: (value: Layout) => void
  onFormat: (value: Format) => void
  onClear: () => void
  onPrint: () => void
}) {
  const n = props.chosen.size
  const old = withCard(props.chosen).length
  if (n === 0) {
    return (
      <div class="print-bar idle">
        <Icon name="info" />
        {t('cards_choose_hint')}
      </div>
    )
  }
  return (
    <section class="print-bar" aria-label={t('cards_make')}>
      <div class="print-count">
        <p role="status">
          <b>{t('cards_chosen', { n })}</b>
          {old > 0 && (
            <span class="warn-text with-icon">
              <Icon name="warn" />
              {t('cards_chosen_with', { n: old })}
            </span>
          )}
          {n >= MOST && <span class="soft">{t('cards_limit')}</span>}
        </p>
        <Button kind="quiet" class="small" onClick={props.onClear}>
          {t('cards_clear')}
        </Button>
      </div>
      <Choices
        compact
        legend={t('cards_layout')}
        value={props.layout}
        onChange={props.onLayout}
        options={[
          { value: 'sheet', label: t('cards_layout_sheet'), hint: t('cards_layout_sheet_hint') },
          { value: 'card', label: t('cards_layout_card'), hint: t('cards_layout_card_hint') },
        ]}
      />
      <Choices
        compact
        legend={t('cards_format')}
        value={canBePng(n, props.layout) ? props.format : 'pdf'}
        onChange={props.onFormat}
        options={[
          { value: 'pdf', label: t('cards_format_pdf'), hint: t('cards_pages', { n: pages(n, props.layout) }) },
          { value: 'png', label: t('cards_format_png'), hint: t('cards_format_png_hint'), disabled: !canBePng(n, props.layout) },
        ]}
      />
      <Button kind="primary" icon="card" onClick={props.onPrint}>
        {t('cards_make')}
      </Button>
    </section>
  )
}

function PrintDialog(props: { chosen: Chosen; layout: Layout; format: Format; unread: boolean; onClose: (result: Printed | 'unsure' | null) => void }) {
  const { chosen, layout, format } = props
  const n = chosen.size
  const old = withCard(chosen)
  const understood = useSignal(old.length === 0)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  // When no answer came nobody knows whether the old cards still work.
  const unsure = failed.value !== null && asProblem(failed.value).status === 0
  const print = async () => {
    busy.value = true
    failed.value = null
    try {
      const blob = await api.file('/api/v1/cards', { household_ids: [...chosen.keys()], layout, format }, { timeoutMs: 300_000 })
      props.onClose({ url: URL.createObjectURL(blob), name: `doorstep-cards-${civilDay(Date.now())}-${n}.${format}`, homes: n, taken: false })
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  const close = () => !busy.value && props.onClose(unsure ? 'unsure' : null)
  return (
    <Dialog
      title={t('cards_confirm_title', { n })}
      onClose={close}
      actions={
        busy.value ? undefined : (
          <>
            <Button onClick={close}>{common('cancel')}</Button>
            <Button kind={old.length ? 'danger' : 'primary'} icon="card" disabled={!understood.value} onClick={() => void print()}>
              {t('cards_confirm_do', { n })}
            </Button>
          </>
        )
      }
    >
      {busy.value ? (
        <>
          <Loading label={t('cards_working', { n })} />
          <p class="soft">{t('cards_working_hint')}</p>
        </>
      ) : (
        <>
          {props.unread && <Notice tone="warn">{t('cards_leave')}</Notice>}
          {n > old.length && <p>{t('cards_confirm_new', { n: n - old.length })}</p>}
          {old.length > 0 && (
            <>
              <Notice tone="warn">
                <p>{t('cards_confirm_old', { n: old.length })}</p>
                <p>{t('cards_confirm_bring')}</p>
              </Notice>
              <details class="old-cards" open={old.length <= 5}>
                <summary>{t('cards_confirm_old_list')}</summary>
                <ul tabIndex={0} aria-label={t('cards_confirm_old_list')}>
                  {old.map((home) => (
                    <li key={home.id}>
                      <b>{elderNames(home)}</b> <span class="soft">{home.address}</span>
                    </li>
                  ))}
                </ul>
              </details>
              <label class="tick">
                <input type="checkbox" checked={understood.value} onChange={(event) => (understood.value = event.currentTarget.checked)} />
                {t('cards_confirm_understood')}
              </label>
            </>
          )}
          <ProblemNotice error={failed.value} />
          {unsure && (
            <Notice tone="warn">
              <b>{t('cards_unsure')}</b>
              <p>{t('cards_unsure_hint')}</p>
            </Notice>
          )}
        </>
      )}
    </Dialog>
  )
}

function Ready({ printed, onTaken, onDone }: { printed: Printed; onTaken: () => void; onDone: () => void }) {
  return (
    <section class="ready card" role="status">
      <Icon name="counted" />
      <div class="grow">
        <h2>{t('cards_ready', { n: printed.homes })}</h2>
        <p>{t('cards_ready_hint')}</p>
      </div>
      <div class="row wrap">
        <a class="button primary" href={printed.url} target="_blank" rel="noopener" onClick={onTaken}>
          <Icon name="file" />
          <span>{t('cards_open')}</span>
        </a>
        <Button
          icon="download"
          onClick={() => {
            save(printed.url, printed.name)
            onTaken()
          }}
        >
          {t('cards_download')}
        </Button>
        {printed.taken && (
          <Button kind="quiet" icon="check" onClick={onDone}>
            {t('cards_done')}
          </Button>
        )}
      </div>
    </section>
  )
}
