/** The day as a board: one lane a caregiver, time from left to right, live; a visit can be tapped, or dragged to another lane. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../../api/client'
import type { Me } from '../../api/wire'
import { serviceName, type ServiceType } from '../../i18n/common'
import { t } from '../../i18n/dispatch'
import { l } from '../../i18n/lanes'
import { mayDispatch } from '../../office/access'
import { useLive } from '../../office/live'
import { useRead } from '../../office/load'
import { Link, navigate, query } from '../../router'
import { Button, civilDay, clock, dayClock, EmptyState, ErrorState, Icon, Loading, Tag } from '../../ui'
import { monthDay, weekday } from '../../ui/format'
import { Chips, PageHead, SearchBox, StaleNotice } from '../../ui/desk'
import { useNow } from '../../ui/use'
import { dayShift, isDay } from '../board'
import { fits, type Filter, found, type Hours, hoursOf, type Lane, lanesOf, rowsOf, span, ticks } from './layout'
import { CancelDialog } from '../cancel'
import { remember, UndoBar } from '../undo'
import { type Chosen, isOpen, Menu, MoveDialog, SendDialog, SwapDialog } from './steps'
import type { Board, BoardCaregiver, BoardVisit } from './wire'
import './lanes.css'

const FILTERS: readonly Filter[] = ['all', 'planned', 'assigned', 'late', 'in_progress', 'completed', 'unknown', 'missed', 'unclosed', 'not_served', 'cancelled']
/** Lateness, and that nobody can say yet, come by time alone. */
const AGAIN_MS = 60_000

function Who({ lane }: { lane: Lane }) {
  const who = lane.caregiver
  if (!who) {
    return (
      <div class="lane-who nobody">
        <b>{l('nobody')}</b> <span class="num">{lane.visits.length}</span>
      </div>
    )
  }
  return (
    <div class="lane-who">
      <b>{who.name}</b> <span class="soft num">{lane.visits.length || ''}</span>
      {who.on_leave && <Tag tone="warn">{l('on_leave')}</Tag>}
      {!who.employed && <Tag tone="bad">{l('not_employed')}</Tag>}
      {who.device?.waiting ? <small class="warn-text">{l('waiting', { n: who.device.waiting })}</small> : null}
      <small class="soft num">{who.device ? who.device.last_seen_at && l('heard', { at: dayClock(who.device.last_seen_at) }) : l('never_heard')}</small>
      {who.certificates_ending.map((one) => (
        <small key={one.kind} class="warn-text">
          {l('certificate', { kind: certificate(one.kind), on: monthDay(`${one.until}T12:00:00+08:00`) })}
        </small>
      ))}
    </div>
  )
}

const CERTIFICATES = ['health_certificate', 'nurse_licence', 'care_worker_certificate'] as const
function certificate(kind: string): string {
  const known = CERTIFICATES.find((one) => one === kind)
  return known ? l(`cert_${known}`) : kind
}

interface BlockProps {
  visit: BoardVisit
  hours: Hours
  row: number
  faint: boolean
  draggable: boolean
  onOpen: () => void
  onDrag: (visit: BoardVisit) => void
}

function Block({ visit, hours, row, faint, draggable, onOpen, onDrag }: BlockProps) {
  const { left, width } = span(hours, Date.parse(visit.window_start), Date.parse(visit.window_end))
  const real = visit.started_at ? span(hours, Date.parse(visit.started_at), visit.ended_at ? Date.parse(visit.ended_at) : Date.parse(visit.started_at) + visit.min_minutes * 60_000) : null
  const service = serviceName(visit.service_type as ServiceType)
  const state = l(`s_${visit.state}`)
  return (
    <>
      <button
        type="button"
        class={`block ${visit.state}${faint ? ' faint' : ''}${visit.holds ? ' held' : ''}`}
        style={{ left: `${left}%`, width: `${width}%`, top: `${row * 46 + 3}px` }}
        draggable={draggable}
        onDragStart={(event) => {
          event.dataTransfer?.setData('text/plain', visit.id)
          onDrag(visit)
        }}
        onClick={onOpen}
        title={l('block', { from: clock(visit.window_start), to: clock(visit.window_end), elder: visit.elder.name, service, state })}
        aria-label={l('block', { from: clock(visit.window_start), to: clock(visit.window_end), elder: visit.elder.name, service, state })}
      >
        <Icon name={visit.service_type as ServiceType} />
        <span>{visit.elder.name}</span>
      </button>
      {real && <span class="real" style={{ left: `${real.left}%`, width: `${real.width}%`, top: `${row * 46 + 40}px` }} aria-hidden="true" />}
    </>
  )
}

export function Lanes({ who }: { who: Me }) {
  const now = useNow(30_000).value
  const today = civilDay(now)
  const asked = new URLSearchParams(query.value).get('day')
  const day = isDay(asked) ? asked : today
  const go = (next: string) => navigate(next === today ? '/dispatch/board' : `/dispatch/board?day=${next}`, { replace: true })
  const read = useRead(`board ${day}`, (signal) => api.get<Board>('/api/v1/board', { day }, { signal }))
  useLive(/^(visit|caregiver|elder)\./, read.reload, AGAIN_MS)
  const filter = useSignal<Filter>('all')
  const words = useSignal('')
  const opened = useSignal<BoardVisit | null>(null)
  const step = useSignal<{ what: Chosen; visit: BoardVisit; to?: string } | null>(null)
  const dragged = useSignal<BoardVisit | null>(null)
  const over = useSignal<string | null>(null)
  const board = read.data.value
  const may = mayDispatch(who.role)
  const visits = board?.visits ?? []
  const people = new Map<string, BoardCaregiver>(board?.caregivers.map((one) => [one.id, one]) ?? [])
  const hit = (visit: BoardVisit) => fits(visit, filter.value) && found(visit, visit.caregiver_ids.flatMap((id) => people.get(id) ?? []), words.value)
  const narrowed = filter.value !== 'all' || words.value !== ''
  const shown = visits.filter((visit) => visit.state !== 'cancelled' || filter.value === 'cancelled')
  const all = lanesOf(board?.caregivers ?? [], shown)
  const lanes = narrowed ? all.filter((lane) => lane.visits.some(hit)) : all
  const hours = hoursOf(day, shown)
  const line = span(hours, now, now)
  const close = (changed: boolean) => {
    step.value = null
    if (changed) void read.reload()
  }
  const drop = (lane: Lane) => {
    const visit = dragged.value
    dragged.value = null
    over.value = null
    const to = lane.caregiver?.id
    if (visit && to && !visit.caregiver_ids.includes(to)) step.value = { what: 'send', visit, to }
  }
  const now_ = step.value
  // On a narrow screen the hour that is now comes into view, not seven in the morning.
  const picture = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const box = picture.current
    if (!box || day !== today) return
    const names = box.querySelector<HTMLElement>('.lane-who')?.offsetWidth ?? 0
    const wide = box.scrollWidth - names
    box.scrollLeft = (line.left / 100) * wide - (box.clientWidth - names) / 3
  }, [day, board !== null])

  return (
    <div class="stack page lanes-page">
      <PageHead title={l('title')} note={may ? l('note') : undefined}>
        <Link to={day === today ? '/dispatch' : `/dispatch?day=${day}`} class="button plain">
          <Icon name="list" /> {l('as_list')}
        </Link>
      </PageHead>
      <UndoBar onUndone={() => void read.reload()} />
      <div class="toolbar">
        <div class="day-steps">
          <Button kind="quiet" icon="back" aria-label={t('day_prev')} onClick={() => go(dayShift(day, -1))} />
          <input type="date" class="input" aria-label={t('day_pick')} value={day} onChange={(event) => isDay(event.currentTarget.value) && go(event.currentTarget.value)} />
          <span class="weekday">{weekday(day)}</span>
          <Button kind="quiet" icon="next" aria-label={t('day_next')} onClick={() => go(dayShift(day, 1))} />
        </div>
        <SearchBox label={l('search')} value={words.value} onSearch={(text) => (words.value = text)} />
      </div>
      <Chips
        label={t('filter')}
        value={filter.value}
        onChange={(next) => (filter.value = next === filter.value ? 'all' : next)}
        chips={FILTERS.map((one) => ({ value: one, label: l(`s_${one}`), count: board ? visits.filter((visit) => fits(visit, one)).length : null })).filter((chip) => chip.value === 'all' || chip.count)}
      />
      {read.error.value && board ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!board ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !lanes.length ? (
        <EmptyState icon="calendar" title={l(narrowed ? 'no_match' : 'none')} />
      ) : (
        <div class="lanes" ref={picture} tabIndex={0} role="region" aria-label={l('title')}>
          <div class="lanes-inside">
            <div class="lane hours" aria-hidden="true">
              <div class="lane-who" />
              <div class="lane-time">
                {ticks(hours).map((at) => (
                  <span key={at} class="hour num" style={{ left: `${span(hours, at, at).left}%` }}>
                    {clock(at)}
                  </span>
                ))}
              </div>
            </div>
            {lanes.map((lane) => {
              const { placed, rows } = rowsOf(lane.visits)
              const id = lane.caregiver?.id ?? 'nobody'
              return (
                <div
                  key={id}
                  class={over.value === id ? 'lane over' : 'lane'}
                  role="group"
                  aria-label={l('lane_of', { name: lane.caregiver?.name ?? l('nobody'), n: lane.visits.length })}
                  onDragOver={(event) => {
                    if (!dragged.value || !lane.caregiver) return
                    event.preventDefault()
                    over.value = id
                  }}
                  onDrop={(event) => {
                    event.preventDefault()
                    drop(lane)
                  }}
                >
                  <Who lane={lane} />
                  <div class="lane-time" style={{ minHeight: `${Math.max(rows * 46 + 8, 64)}px` }}>
                    {ticks(hours).map((at) => (
                      <span key={at} class="tick" style={{ left: `${span(hours, at, at).left}%` }} />
                    ))}
                    {day === today && <span class="now-line" style={{ left: `${line.left}%` }} />}
                    {placed.map(({ visit, row }) => (
                      <Block
                        key={visit.id}
                        visit={visit}
                        hours={hours}
                        row={row}
                        faint={narrowed && !hit(visit)}
                        draggable={may && isOpen(visit) && visit.started_at === null}
                        onOpen={() => (opened.value = visit)}
                        onDrag={(one) => (dragged.value = one)}
                      />
                    ))}
                  </div>
                </div>
              )
            })}
          </div>
        </div>
      )}
      {opened.value && (
        <Menu
          visit={opened.value}
          may={may}
          onClose={() => (opened.value = null)}
          onChoose={(what) => {
            step.value = { what, visit: opened.value as BoardVisit }
            opened.value = null
          }}
        />
      )}
      {board && now_?.what === 'send' && <SendDialog visit={now_.visit} board={board} to={now_.to} onClose={close} />}
      {board && now_?.what === 'move' && <MoveDialog visit={now_.visit} board={board} onClose={close} />}
      {board && now_?.what === 'swap' && <SwapDialog visit={now_.visit} board={board} onClose={close} />}
      {now_?.what === 'cancel' && (
        <CancelDialog
          visit={now_.visit}
          onClose={(done) => {
            if (done) remember(done, 'cancel')
            close(done !== null)
          }}
        />
      )}
    </div>
  )
}
