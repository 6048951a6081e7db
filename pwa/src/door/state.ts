/** What the caregiver's screens share: the day's calls, the ticks of running visits, and the code just scanned. */
import { computed, signal } from '@preact/signals'
import type { DoorVisit, Named, VerifyState } from '../api/wire'
import { common } from '../i18n/common'
import { emergencyOf, safetyOf, tasksOf } from '../i18n/services'
import { db, type Entry, entries, onSent, type Progress, send, start as startOutbox } from '../outbox'
import { dayAfter } from '../outbox/days'
import { adhocRuns, standing, type Standing } from '../rules/visit'
import { visitIdsOf } from '../rules/words'
import type { Captured } from '../scan/scanner'
import { civilDay } from '../ui/format'
import { type Listed, listed, load, progress, readKept, today, turnPage } from './days'

export { dayBusy, dayProblem, dayRead, progress } from './days'
export const storageFailed = signal<unknown>(null)

/** Asks the server for what has changed; ticks made under a name of the phone's own go over to the server's. */
export async function loadDay(options: { anew?: boolean } = {}): Promise<void> {
  await load(options)
  for (const [local, [real]] of realIds.value) {
    const ticks = progress.value[local]
    if (ticks && real && !progress.value[real]) await tick(real, () => ({ ...ticks, visit_id: real })).catch(() => undefined)
  }
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
    // Whose days they are is known once it is known whose phone this is.
    await startOutbox()
    await readKept()
    storageFailed.value = null
  } catch (error) {
    started = false
    storageFailed.value = error
    return
  }
  onSent(() => void loadDay({ anew: true }))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    turnPage()
    void loadDay()
  })
  setInterval(turnPage, 60_000)
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

/** The records of each visit, oldest first, under every name that it has had. Two months of them lie on a phone: they are gone through once. */
const byVisit = computed<ReadonlyMap<string, Entry[]>>(() => {
  const found = new Map<string, Entry[]>()
  const put = (id: string, entry: Entry) => void (found.get(id)?.push(entry) ?? found.set(id, [entry]))
  for (const [i, entry] of entries.value.entries()) {
    const renamed = named.value[i] as Entry
    const ids = visitIdsOf(renamed)
    for (const id of ids) put(id, renamed)
    if (renamed !== entry) for (const id of visitIdsOf(entry)) if (!ids.includes(id)) put(id, entry)
    if (entry.event.visit_id === null && entry.event.kind === 'check_in') put(adhocId(entry.event_id), entry)
  }
  return found
})

export const recordsOf = (visit_id: string): Entry[] => [...(byVisit.value.get(visit_id) ?? [])].reverse()

const known = computed<ReadonlyMap<string, Listed & { day: string }>>(() => new Map([...listed.value].flatMap(([day, all]) => all.map((one) => [one.visit.id, { ...one, day }]))))

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

const planned = ({ visit, listedAt }: Listed): Call => ({ visit, elders: [visit.elder], standing: standing(visit, byVisit.value.get(visit.id) ?? [], listedAt), adhoc: false, token: null })

export const calls = computed<Call[]>(() => {
  const here = civilDay(Date.now())
  const runs = adhocRuns(entries.value, new Set(known.value.keys())).filter((entry) => entry.context.day === here)
  const all: Call[] = [
    // What began yesterday and still runs has to be checked out.
    ...(listed.value.get(dayAfter(today.value, -1)) ?? []).map(planned).filter(isRunning),
    ...(listed.value.get(today.value) ?? []).map(planned),
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
  const past = names.map((name) => known.value.get(name)).find((one) => one && one.day <= today.value)
  return calls.value.find((call) => names.includes(call.visit.id)) ?? (past && planned(past))
}

export const isOpen = ({ standing: { state } }: Call) => ['planned', 'assigned', 'missed'].includes(state)
export const isRunning = ({ standing: { state } }: Call) => state === 'in_progress' || state === 'unclosed'

export const verifyOf = (visit_id: string): VerifyState | undefined => known.value.get(visit_id)?.visit.verify_state

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
