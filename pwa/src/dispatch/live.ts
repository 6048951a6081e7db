/** The day's list as it lives: pages from the server, rows read again when a change comes in, and the state of the stream. */
import { batch, useSignal } from '@preact/signals'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import { api, asProblem } from '../api/client'
import { type Change, openLive } from '../api/live'
import { sessionEnded } from '../api/session'
import type { VisitDay, VisitRow } from '../api/wire'
import { civilDay } from '../ui/format'
import { type Filter, fits, joined, merged } from './board'

const PAGE = 100
const MOST = 200
/** Changes come in bursts: a phone sends its whole day at once. */
const GATHER_MS = 400
/** Above that many touched rows the list is read again as a whole. */
const FEW = 8
const GLOW_MS = 4000
const LOST_MS = 3000
/** Lateness comes by itself, without any change at the server. */
const AGAIN_MS = 60_000

export interface Shown {
  day: string
  filter: Filter
  q: string
}

export function useBoard({ day, filter, q }: Shown) {
  const rows = useSignal<VisitRow[] | null>(null)
  const counts = useSignal<Record<string, number> | null>(null)
  const next = useSignal<string | null>(null)
  const error = useSignal<unknown>(null)
  const at = useSignal<number | null>(null)
  const busyMore = useSignal(false)
  const live = useSignal<'wait' | 'on' | 'off'>('wait')
  const touched = useSignal<ReadonlySet<string>>(new Set())
  const turn = useRef(0)
  const counted = useRef('')
  const shown = useRef<Shown>({ day, filter, q })
  shown.current = { day, filter, q }

  const ask = useCallback((cursor: string | null, limit: number) => {
    const { day, filter, q } = shown.current
    return api.search<VisitDay>('/api/v1/visits', q, { day, op_state: filter === 'all' ? null : filter, cursor, limit })
  }, [])

  /** Reads again as many rows as there are on the screen. */
  const reload = useCallback(async () => {
    const mine = ++turn.current
    try {
      const got = await ask(null, Math.min(MOST, Math.max(PAGE, rows.value?.length ?? 0)))
      if (mine !== turn.current) return
      batch(() => {
        const longer = (rows.value?.length ?? 0) > got.items.length && got.next !== null
        rows.value = longer ? joined(rows.value as VisitRow[], got.items) : got.items
        if (!longer) next.value = got.next
        counts.value = got.counts
        error.value = null
        at.value = Date.now()
      })
    } catch (thrown) {
      if (mine === turn.current) error.value = thrown
    }
  }, [])

  const more = useCallback(async () => {
    const mine = turn.current
    busyMore.value = true
    try {
      const got = await ask(next.value, PAGE)
      if (mine === turn.current) {
        batch(() => {
          rows.value = joined(rows.value ?? [], got.items)
          next.value = got.next
          counts.value = got.counts
          error.value = null
        })
      }
    } catch (thrown) {
      if (mine === turn.current) error.value = thrown
    }
    busyMore.value = false
  }, [])

  const belongs = (row: VisitRow) => civilDay(row.window_start) === shown.current.day && fits(row, shown.current.filter, Date.now())

  /** Puts rows that are known to have changed in their place, and lets them glow. */
  const take = useCallback((...changed: VisitRow[]) => {
    if (!rows.value || !changed.length) return
    rows.value = merged(rows.value, changed, { belongs })
    touched.value = new Set([...touched.value, ...changed.map((row) => row.id)])
    setTimeout(() => (touched.value = new Set([...touched.value].filter((id) => !changed.some((row) => row.id === id)))), GLOW_MS)
  }, [])

  useEffect(() => {
    rows.value = null
    // The numbers are of the day and the search; another filter leaves them as they are.
    if (counted.current !== `${day} ${q}`) counts.value = null
    counted.current = `${day} ${q}`
    next.value = null
    error.value = null
    void reload()
    return () => {
      turn.current++
    }
  }, [day, filter, q])

  useEffect(() => {
    const waiting = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = async () => {
      const ids = [...waiting]
      waiting.clear()
      timer = undefined
      const here = new Set(rows.value?.map((row) => row.id))
      // A visit that is not on the screen may have become one that is; only the list can tell.
      if (ids.length > FEW || ids.some((id) => !here.has(id)) || shown.current.q) {
        const old = new Map(rows.value?.map((row) => [row.id, JSON.stringify(row)]))
        await reload()
        const changed = rows.value?.filter((row) => ids.includes(row.id) && old.get(row.id) !== JSON.stringify(row)) ?? []
        take(...changed)
        return
      }
      const mine = turn.current
      try {
        const [got, numbers] = await Promise.all([Promise.all(ids.map((id) => api.get<VisitRow>(`/api/v1/visits/${id}`))), ask(null, 1)])
        if (mine !== turn.current) return
        batch(() => {
          take(...got)
          counts.value = numbers.counts
          at.value = Date.now()
        })
      } catch {
        void reload()
      }
    }
    const hear = (change: Change) => {
      if (!change.kind.startsWith('visit.')) return
      waiting.add(change.subject)
      timer ??= setTimeout(() => void flush(), GATHER_MS)
    }
    let first = true
    let lost: ReturnType<typeof setTimeout> | undefined
    const close = openLive({
      onChange: hear,
      onOpen: () => {
        clearTimeout(lost)
        lost = undefined
        live.value = 'on'
        // Something may have happened while nobody listened.
        if (!first) void reload()
        first = false
      },
      onLost: () => {
        // The server ends each stream after a while; that it opens again at once is no news.
        lost ??= setTimeout(() => (live.value = 'off'), LOST_MS)
        first = false
      },
    })
    const again = setInterval(() => void (document.visibilityState === 'visible' && reload()), AGAIN_MS)
    const seen = () => document.visibilityState === 'visible' && void reload()
    document.addEventListener('visibilitychange', seen)
    const stopEnded = sessionEnded.subscribe((ended) => {
      if (!ended && error.value && asProblem(error.value).status === 401) void reload()
    })
    return () => {
      close()
      stopEnded()
      clearTimeout(timer)
      clearTimeout(lost)
      clearInterval(again)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [])

  return { rows, counts, next, error, at, busyMore, live, touched, reload, more, take }
}
