/** What the caregiver's screens share: the day's calls, the ticks of running visits, and the code just scanned. */
import { batch, computed, signal } from '@preact/signals'
import { api, asProblem, type Problem } from '../api/client'
import type { DoorDay, DoorVisit, Named, VerifyState } from '../api/wire'
import { common } from '../i18n/common'
import { emergencyOf, safetyOf, tasksOf } from '../i18n/services'
import { keepAnchor } from '../outbox/anchor'
import { db, type Entry, entries, onSent, type Progress, send, start as startOutbox } from '../outbox'
import type { KeptDay } from '../outbox/db'
import { browser } from '../outbox/env'
import { adhocRuns, standing, type Standing } from '../rules/visit'
import { visitIdsOf } from '../rules/words'
import type { Captured } from '../scan/scanner'
import { civilDay } from '../ui/format'

export const day = signal<KeptDay | null>(null)
export const dayProblem = signal<Problem | null>(null)
export const dayBusy = signal(false)
/** True once the phone's own copy was looked at. */
export const dayRead = signal(false)
export const progress = signal<Readonly<Record<string, Progress>>>({})
export const storageFailed = signal<unknown>(null)

const KEEP_DAYS = 7

async function readKept(): Promise<void> {
  const open = await db()
  const [days, ticks] = await Promise.all([open.getAll('days'), open.getAll('progress')])
  batch(() => {
    day.value ??= days[days.length - 1] ?? null
    progress.value = Object.fromEntries(ticks.map((tick) => [tick.visit_id, tick]))
    dayRead.value = true
  })
}

async function keepDay(data: DoorDay): Promise<void> {
  const kept: KeptDay = { day: data.day, fetched_at: Date.now(), data }
  day.value = kept
  const open = await db()
  const oldest = civilDay(Date.now() - KEEP_DAYS * 86_400_000)
  const tx = open.transaction(['days', 'progress'], 'readwrite')
  void tx.objectStore('days').put(kept)
  void tx.objectStore('days').delete(IDBKeyRange.upperBound(oldest))
  for (const tick of await tx.objectStore('progress').getAll()) if (tick.day < oldest) void tx.objectStore('progress').delete(tick.visit_id)
  await tx.done
  for (const [local, [real]] of realIds.value) {
    const ticks = progress.value[local]
    if (ticks && real && !progress.value[real]) await tick(real, () => ({ ...ticks, visit_id: real }))
  }
}

let loading: Promise<void> | null = null
/** Asks the server for today. Without an answer the kept list stays on the screen, with its time. */
export function loadDay(): Promise<void> {
  loading ??= (async () => {
    dayBusy.value = true
    try {
      const data = await api.get<DoorDay>('/api/v1/door/day')
      await Promise.all([keepDay(data), keepAnchor(await db(), { jws: data.anchor, env: browser })])
      dayProblem.value = null
    } catch (error) {
      dayProblem.value = asProblem(error)
    } finally {
      dayBusy.value = false
      loading = null
    }
  })()
  return loading
}

/**
 * Before a record, when there is a network: an anchor of this very minute. The phone's monotonic clock may have stood still
 * while it slept in a pocket, and the older the anchor, the less the time of the record is proven.
 */
export function freshen(): void {
  void loadDay()
}

let started = false
export async function start(): Promise<void> {
  if (started) return
  started = true
  try {
    await Promise.all([startOutbox(), readKept()])
    storageFailed.value = null
  } catch (error) {
    started = false
    storageFailed.value = error
    return
  }
  onSent(() => void loadDay())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void loadDay()
  })
  setInterval(() => {
    if (document.visibilityState === 'visible') void loadDay()
  }, 5 * 60_000)
}

/** Everything the person may ask for with one tap: send what waits, and read the day anew. */
export const refresh = () => Promise.all([send({ retryAside: true }), loadDay()])

export interface Call {
  visit: DoorVisit
  /** Usually one; an unplanned visit may be for all of a home, or for nobody known yet. */
  elders: Named[]
  standing: Standing
  /** Began with a scan; the server has not listed it yet. */
  adhoc: boolean
  /** The card with which such a visit began: the same one ends it. */
  token: string | null
}

const ADHOC = 'adhoc-'
export const adhocId = (event_id: string) => ADHOC + event_id

/** The server's names for visits that began here without a plan. */
const realIds = computed<ReadonlyMap<string, string[]>>(() => {
  const found = new Map<string, string[]>()
  for (const { event, event_id, answer } of entries.value) {
    if (event.kind === 'check_in' && event.visit_id === null && answer?.visits.length) {
      found.set(
        adhocId(event_id),
        answer.visits.map((visit) => visit.visit_id),
      )
    }
  }
  return found
})

/** What goes into `visit_id`: null as long as the server has not named the visit. */
export function wireVisitId(call: Call, picked: readonly Call[]): string | null {
  const chosen = picked.some((one) => one.visit.id === call.visit.id) ? call : (picked[0] ?? call)
  return chosen.adhoc ? (realIds.value.get(chosen.visit.id)?.[0] ?? null) : chosen.visit.id
}

/** Entries under the names that the server's list uses. */
const named = computed<Entry[]>(() =>
  entries.value.map((entry) => {
    if (!entry.context.visit_ids.some((id) => realIds.value.has(id))) return entry
    const visit_ids = entry.context.visit_ids.flatMap((id) => realIds.value.get(id) ?? [id])
    return { ...entry, context: { ...entry.context, visit_ids } }
  }),
)

export const recordsOf = (visit_id: string): Entry[] => {
  const shown = entries.value.filter((entry) => visitIdsOf(entry).includes(visit_id) || adhocId(entry.event_id) === visit_id)
  const renamed = named.value.filter((entry) => visitIdsOf(entry).includes(visit_id))
  return [...new Map([...shown, ...renamed].map((entry) => [entry.event_id, entry])).values()].reverse()
}

function knownVisits(): DoorVisit[] {
  return day.value?.data.visits ?? []
}

/** A visit made up of what the phone knows about an unplanned one. */
function adhocVisit(entry: Entry): DoorVisit {
  const { event, context } = entry
  return {
    id: adhocId(entry.event_id),
    service_type: event.service_type ?? 'unspecified',
    content: event.content ?? '',
    window_start: event.claimed_at,
    window_end: event.claimed_at,
    op_state: 'in_progress',
    verify_state: 'none',
    settle_state: 'unsettled',
    grade: null,
    elder: { id: context.elders[0]?.id ?? '', name: context.elders.map((elder) => elder.name).join('、') || common('unknown_elder'), sex: '', age: null },
    household: { id: '', address: context.address ?? '', community: '', access_notes: null, code_salt: null, code_hash: null },
    carers_needed: 1,
    colleagues: [],
    min_minutes: null,
    max_minutes: null,
    tasks: tasksOf(event.content ?? ''),
    risks: [],
    emergency_procedure: emergencyOf(),
    safety_procedure: safetyOf(event.content ?? ''),
    events: [],
  }
}

export const calls = computed<Call[]>(() => {
  const kept = day.value
  const listedAt = kept?.data.server_time ?? new Date(0).toISOString()
  const listed = kept?.data.visits ?? []
  const today = civilDay(Date.now())
  const runs = adhocRuns(entries.value, new Set(listed.map((visit) => visit.id))).filter((entry) => entry.context.day === today)
  const all: Call[] = [
    ...listed.map((visit) => ({ visit, elders: [visit.elder], standing: standing(visit, named.value, listedAt), adhoc: false, token: null })),
    ...runs.map((entry) => {
      const visit = adhocVisit(entry)
      const related = entries.value.filter((other) => other === entry || other.context.visit_ids.includes(visit.id))
      const marked = related.map((other) => ({ ...other, context: { ...other.context, visit_ids: [visit.id] } }))
      // The server's list says nothing of it, so everything the phone knows counts.
      return { visit, elders: entry.context.elders, standing: standing(visit, marked, new Date(0).toISOString()), adhoc: true, token: entry.event.token }
    }),
  ]
  return all.sort((a, b) => Date.parse(a.visit.window_start) - Date.parse(b.visit.window_start))
})

/** Also by the name that an unplanned visit had before the server knew it. */
export function callOf(id: string): Call | undefined {
  const names = [id, ...(realIds.value.get(id) ?? [])]
  return calls.value.find((call) => names.includes(call.visit.id))
}

export const isOpen = ({ standing: { state } }: Call) => ['planned', 'assigned', 'missed'].includes(state)
export const isRunning = ({ standing: { state } }: Call) => state === 'in_progress' || state === 'unclosed'

export const verifyOf = (visit_id: string): VerifyState | undefined => knownVisits().find((visit) => visit.id === visit_id)?.verify_state

/** Changes the ticks of a visit; they are kept on the phone, so that a crash forgets nothing. */
export async function tick(visit_id: string, change: (now: Progress) => Partial<Progress>): Promise<void> {
  const now = progress.value[visit_id] ?? { visit_id, day: civilDay(Date.now()), tasks: [], acknowledged: [], note: '' }
  const next = { ...now, ...change(now) }
  progress.value = { ...progress.value, [visit_id]: next }
  await (await db()).put('progress', next)
}

/** `procedure id @ version`, as it is signed. */
export const ackOf = (procedure: { id: string; version: string }) => `${procedure.id}@${procedure.version}`

/** The first of these visits whose safety procedure was not acknowledged yet; without that no check-out is in order. */
export const unsafe = (list: readonly Call[]): Call | undefined =>
  list.find(({ visit: { id, safety_procedure: rules } }) => rules && !(progress.value[id]?.acknowledged ?? []).includes(ackOf(rules)))

/** Takes down that the safety procedures of these visits were read and will be kept. */
export async function acknowledgeSafety(list: readonly Call[]): Promise<void> {
  const read = ({ visit: { id, safety_procedure: rules } }: Call) =>
    rules ? tick(id, (now) => ({ acknowledged: [...new Set([...now.acknowledged, ackOf(rules)])] })) : undefined
  // All at once: the next step reads them without waiting for the storage.
  await Promise.all(list.map(read))
}

/** A code scanned on the first screen, on its way to the screen that uses it. */
let handed: { captured: Captured; at: number } | null = null
export function handOver(captured: Captured): void {
  handed = { captured, at: Date.now() }
}
export function takeOver(): Captured | null {
  const fresh = handed && Date.now() - handed.at < 120_000 ? handed.captured : null
  handed = null
  return fresh
}
