/** The day's visits: filters with numbers, search, live changes, and the ways to add and assign. */
import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Me, VisitRow } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { l } from '../i18n/lanes'
import { mayDispatch, seesManyProviders } from '../office/access'
import { Link, navigate, query } from '../router'
import { Button, civilDay, EmptyState, ErrorState, Icon, Loading } from '../ui'
import { weekday } from '../ui/format'
import { Chips, PageHead, SearchBox, StaleNotice, useWide } from '../ui/desk'
import { useNow } from '../ui/use'
import { AssignDialog } from './assign'
import { UndoBar } from './undo'
import { byHour, dayShift, type Filter, FILTERS, fits, isDay, isFilter, numbers, RARE } from './board'
import { ExpandDialog } from './expand'
import { useBoard } from './live'
import { OrderDialog } from './order'
import { VisitCards, VisitTable } from './rows'
import { FILTER_LOOKS } from './states'

/** The filter and the day stay in the address, so that going back finds them again; a searched name does not. */
function useAddress(today: string): { day: string; filter: Filter; go: (to: { day?: string; filter?: Filter }) => void } {
  const search = new URLSearchParams(query.value)
  const [askedDay, askedFilter] = [search.get('day'), search.get('state')]
  const day = isDay(askedDay) ? askedDay : today
  const filter = isFilter(askedFilter) ? askedFilter : 'all'
  const go = (to: { day?: string; filter?: Filter }) => {
    const next = new URLSearchParams()
    const [nextDay, nextFilter] = [to.day ?? day, to.filter ?? filter]
    if (nextDay !== today) next.set('day', nextDay)
    if (nextFilter !== 'all') next.set('state', nextFilter)
    const text = next.toString()
    navigate(`/dispatch${text ? `?${text}` : ''}`, { replace: true })
  }
  return { day, filter, go }
}

export function Today({ who }: { who: Me }) {
  const now = useNow(30_000)
  const today = civilDay(now.value)
  const { day, filter, go } = useAddress(today)
  const q = useSignal('')
  const open = useSignal<'order' | 'expand' | null>(null)
  const assigning = useSignal<VisitRow | null>(null)
  const wide = useWide(1000)
  const board = useBoard({ day, filter, q: q.value })
  const rows = useComputed(() => board.rows.value ?? [])
  const shown = rows.value.filter((row) => (filter !== 'late' && filter !== 'unknown') || fits(row, filter, now.value))
  const may = mayDispatch(who.role)
  const counts = numbers(board.counts.value ?? {})
  const known = board.counts.value !== null
  const total = counts[filter]
  const List = wide ? VisitTable : VisitCards

  useEffect(() => {
    if (assigning.value) assigning.value = rows.value.find((row) => row.id === assigning.value?.id) ?? assigning.value
  }, [rows.value])

  return (
    <div class="stack page">
      <PageHead title={day === today ? t('today_title') : t('day_title')} note={<LiveSign state={board.live.value} />}>
        <Link to={day === today ? '/dispatch/board' : `/dispatch/board?day=${day}`} class="button plain">
          <Icon name="people" /> {l('as_board')}
        </Link>
        {may && (
          <>
            <Button icon="calendar" onClick={() => (open.value = 'expand')}>
              {t(wide ? 'expand' : 'expand_short')}
            </Button>
            <Button kind="primary" icon="plus" onClick={() => (open.value = 'order')}>
              {t('new_order')}
            </Button>
          </>
        )}
      </PageHead>
      <UndoBar onUndone={() => void board.reload()} />
      <div class="toolbar">
        <DayPicker day={day} today={today} onPick={(next) => go({ day: next })} />
        <SearchBox label={t('search_visits')} value={q.value} onSearch={(text) => (q.value = text)} />
      </div>
      <Chips
        label={t('filter')}
        value={filter}
        onChange={(next) => go({ filter: next === filter ? 'all' : next })}
        chips={FILTERS.filter((one) => !RARE.includes(one) || (counts[one] ?? 0) > 0 || filter === one).map((one) => ({
          value: one,
          label: t(`f_${one}`),
          count: known ? counts[one] : null,
          ...FILTER_LOOKS[one],
        }))}
      />
      {board.error.value !== null && board.rows.value !== null && (
        <StaleNotice error={board.error.value} at={board.at.value} onRetry={() => void board.reload()} />
      )}
      {board.rows.value === null ? (
        board.error.value ? (
          <ErrorState error={board.error.value} onRetry={() => void board.reload()} />
        ) : (
          <Loading />
        )
      ) : shown.length === 0 ? (
        <Nothing filtered={filter !== 'all' || q.value !== ''} may={may} onAll={() => go({ filter: 'all' })} onExpand={() => (open.value = 'expand')} searched={q.value !== ''} />
      ) : (
        <>
          <List
            groups={byHour(shown, day)}
            now={now.value}
            today={day === today}
            touched={board.touched.value}
            providers={seesManyProviders(who.role)}
            onAssign={may ? (row) => (assigning.value = row) : null}
          />
          <div class="list-foot">
            <span class="soft">
              {board.next.value === null
                ? t('loaded_all', { n: shown.length })
                : t('loaded_of', { n: shown.length, total: q.value ? '…' : (total ?? '…') })}
            </span>
            {board.next.value !== null && (
              <Button busy={board.busyMore.value} onClick={() => void board.more()}>
                {common('more')}
              </Button>
            )}
          </div>
        </>
      )}
      {open.value === 'expand' && (
        <ExpandDialog
          onClose={(made) => {
            open.value = null
            if (made) void board.reload()
          }}
        />
      )}
      {open.value === 'order' && (
        <OrderDialog
          day={day < today ? today : day}
          onClose={(made) => {
            open.value = null
            if (!made) return
            void board.reload()
            assigning.value = made
          }}
        />
      )}
      {assigning.value && (
        <AssignDialog
          visit={assigning.value}
          onClose={(changed) => {
            assigning.value = null
            if (changed) board.take(changed)
          }}
        />
      )}
    </div>
  )
}

function LiveSign({ state }: { state: 'wait' | 'on' | 'off' }) {
  return (
    <span class={`live ${state}`} role="status" title={state === 'wait' ? undefined : t(`live_${state}_hint`)}>
      <span class="dot" aria-hidden="true" />
      {t(`live_${state}`)}
      {state === 'off' && <span class="soft"> · {t('live_off_hint')}</span>}
    </span>
  )
}

function DayPicker({ day, today, onPick }: { day: string; today: string; onPick: (day: string) => void }) {
  const near = [
    [dayShift(today, -1), t('yesterday')],
    [today, t('today')],
    [dayShift(today, 1), t('tomorrow')],
  ] as const
  return (
    <div class="day-picker">
      <div class="day-steps">
        <Button kind="quiet" icon="back" aria-label={t('day_prev')} onClick={() => onPick(dayShift(day, -1))} />
        <input
          type="date"
          class="input"
          aria-label={t('day_pick')}
          value={day}
          onChange={(event) => isDay(event.currentTarget.value) && onPick(event.currentTarget.value)}
        />
        <span class="weekday">{weekday(day)}</span>
        <Button kind="quiet" icon="next" aria-label={t('day_next')} onClick={() => onPick(dayShift(day, 1))} />
      </div>
      <div class="day-near" role="group" aria-label={t('day_pick')}>
        {near.map(([one, label]) => (
          <button key={one} type="button" class="chip" aria-pressed={one === day} onClick={() => onPick(one)}>
            {label}
          </button>
        ))}
      </div>
    </div>
  )
}

function Nothing(props: { filtered: boolean; searched: boolean; may: boolean; onAll: () => void; onExpand: () => void }) {
  if (props.filtered) {
    return (
      <EmptyState icon="search" title={t('no_match')}>
        <p>{t('no_match_hint')}</p>
        {!props.searched && <Button onClick={props.onAll}>{t('show_all')}</Button>}
      </EmptyState>
    )
  }
  return (
    <EmptyState icon="calendar" title={t('no_visits')}>
      <p>{props.may ? t('no_visits_hint') : t('no_visits_read')}</p>
      {props.may && (
        <Button kind="primary" icon="calendar" onClick={props.onExpand}>
          {t('expand')}
        </Button>
      )}
    </EmptyState>
  )
}
