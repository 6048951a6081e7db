/** Printed cards: choosing homes and issuing new codes, with a plain warning about the old ones. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api/client'
import type { Household, HouseholdPage, Me } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link } from '../router'
import { Button, EmptyState, ErrorState, Loading } from '../ui'
import { Chips, PageHead, ProblemNotice, SearchBox, StaleNotice, useWide } from '../ui/desk'
import { mayOpen } from './access'
import { HomeCards, HomeTable } from './homes'
import { useRead } from './load'
import { PrintBar, PrintDialog, type Printed, Ready } from './print'
import { type CardFilter, type Chosen, canBePng, choose, counted, type Format, type Layout, only, refreshed } from './selection'

const PAGE = 100
const FILTERS = [
  { value: 'all', tone: '' },
  { value: 'without_card', tone: 'warn' },
  { value: 'with_card', tone: 'good' },
  { value: 'without_point', tone: 'warn' },
] as const

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
  const asked = `${filter.value} ${q.value}`
  const get = (cursor: string | null, signal?: AbortSignal) =>
    api.search<HouseholdPage>('/api/v1/households', q.value, { only: only(filter.value), cursor, limit: PAGE }, signal ? { signal } : {})
  const read = useRead(asked, async (signal) => {
    const page = await get(null, signal)
    more.value = []
    failedMore.value = null
    next.value = page.next
    chosen.value = refreshed(chosen.value, page.items)
    return page
  })
  const loadMore = async () => {
    busyMore.value = true
    failedMore.value = null
    try {
      const page = await get(next.value)
      if (asked === `${filter.value} ${q.value}`) {
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
  const counts = counted(q.value, read.data.value)
  const flip = (list: readonly Household[], on: boolean) => (chosen.value = choose(chosen.value, list, on))
  const List = wide ? HomeTable : HomeCards
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
          chips={FILTERS.map(({ value, tone }) => ({ value, tone, label: t(`cards_${value}`), count: counts?.[value] ?? null }))}
        />
      </div>
      {read.error.value !== null && read.data.value !== null && <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} />}
      {read.data.value === null ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : homes.length === 0 && filter.value === 'all' ? (
        <NoHomes q={q.value} who={who} />
      ) : (
        <>
          {homes.length === 0 ? <EmptyState icon="search" title={t('cards_none_filter')} /> : <List homes={homes} chosen={chosen.value} onFlip={flip} />}
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
