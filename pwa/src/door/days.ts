/** The days that this page shows: read from the phone, asked for by cursor, with the catalogue put back in its places. */
import { batch, computed, effect, signal } from '@preact/signals'
import { api, asProblem, type Problem } from '../api/client'
import type { CallFacts, DoorCall, DoorFacts, DoorSync, DoorVisit } from '../api/wire'
import { beforeAsking, db, device, hear, type Progress } from '../outbox'
import { keepAnchor } from '../outbox/anchor'
import { dayAfter, forgetDays, giveUpOld, keepDays, readDays } from '../outbox/days'
import { type Carried, getMeta, type KeptDay } from '../outbox/db'
import { browser } from '../outbox/env'
import { civilDay } from '../ui/format'

export const carried = signal<Carried | null>(null)
export const keptDays = signal<ReadonlyMap<string, KeptDay>>(new Map())
export const dayProblem = signal<Problem | null>(null)
export const dayBusy = signal(false)
/** True once the phone's own copy was looked at. */
export const dayRead = signal(false)
export const progress = signal<Readonly<Record<string, Progress>>>({})

const HALF_DAY_MS = 12 * 3_600_000
/** Today. A clock that is far off when the server is heard is off without a network too. */
function readToday(): string {
  const behind = carried.value?.behind_ms ?? 0
  return civilDay(Date.now() + (Math.abs(behind) > HALF_DAY_MS ? behind : 0))
}
export const today = signal(readToday())
export function turnPage(): void {
  today.value = readToday()
}

export const hasDay = (day: string): boolean => keptDays.value.has(day)

const COUNTED: readonly string[] = ['in_progress', 'completed', 'unclosed']
const ORDINARY: CallFacts = {
  assigned: true,
  walk_in: false,
  item_in_plan: true,
  plan_state: 'active',
  max_per_month: null,
  month: null,
  agreement: true,
  contracted: true,
  in_area: true,
  standing: 'active',
  licence_ok: true,
  elder_statuses: [],
  point: true,
}

function factsOf(call: DoorCall, day: string, { catalogue, month_used }: Carried): DoorFacts {
  const facts = { ...ORDINARY, ...call.facts }
  const used = (facts.month && month_used[facts.month]) || 0
  return { ...facts, day, month_used: Math.max(0, used - Number(COUNTED.includes(call.op_state))), needed: catalogue.certificates[call.service_type] ?? [] }
}

function visitOf(call: DoorCall, day: string, all: Carried): DoorVisit {
  const { tasks, procedures } = all.catalogue
  return {
    ...call,
    tasks: (tasks[call.content] ?? []).filter(({ code }) => call.tasks.includes(code)),
    emergency_procedure: procedures[call.emergency_procedure] ?? null,
    safety_procedure: procedures[call.safety_procedure ?? ''] ?? null,
    facts: factsOf(call, day, all),
  }
}

export interface Listed {
  visit: DoorVisit
  /** Up to when the server's word on it reaches. */
  listedAt: string
}

/** Each visit once, by day: one that was moved is where the newest word has it. */
export const listed = computed<ReadonlyMap<string, Listed[]>>(() => {
  const all = carried.value
  if (!all) return new Map()
  const told = ({ day, listed_at }: KeptDay) => (day >= all.first_day && day <= all.last_day ? all.server_time : listed_at)
  const place = new Map<string, string>()
  const days = [...keptDays.value.values()].sort((a, b) => Date.parse(told(a)) - Date.parse(told(b)) || (a.day < b.day ? -1 : 1))
  for (const { day, visits } of days) for (const { id } of visits) place.set(id, day)
  return new Map(
    days.map((kept) => {
      const own = kept.visits.filter(({ id }) => place.get(id) === kept.day)
      return [kept.day, own.map((call) => ({ visit: visitOf(call, kept.day, all), listedAt: told(kept) }))]
    }),
  )
})

function show(all: Carried | null, days: readonly KeptDay[]): void {
  batch(() => {
    carried.value = all
    keptDays.value = new Map(days.map((kept) => [kept.day, kept]))
    turnPage()
  })
}

const isAnothers = (all: Carried | null) => Boolean(all && device.value && all.caregiver.id !== device.value.caregiver.id)

async function forget(): Promise<void> {
  await forgetDays(await db())
  show(null, [])
  progress.value = {}
}

// Signed off, or the enrolment was declined: the disk was emptied there.
effect(() => {
  if (device.value === null && carried.peek()) {
    show(null, [])
    progress.value = {}
  }
})

/** What the phone carries, as it opens: no network is needed for it. */
export async function readKept(): Promise<void> {
  const open = await db()
  const { carried: all, days } = await readDays(open)
  if (isAnothers(all)) await forget()
  else show(all, days)
  void giveUpOld(open, today.value).catch(() => undefined)
  const ticks = await open.getAll('progress')
  batch(() => {
    progress.value = Object.fromEntries(ticks.map((tick) => [tick.visit_id, tick]))
    dayRead.value = true
  })
}

async function ask(): Promise<void> {
  const who = device.value?.device_id
  dayBusy.value = true
  try {
    const open = await db()
    if (isAnothers(carried.value)) await forget()
    const mark = await beforeAsking()
    const asked = (await getMeta(open, 'carried'))?.cursor ?? null
    const answer = await api.get<DoorSync>('/api/v1/door/sync', { cursor: asked })
    await Promise.all([keepDays(open, { answer, asked, now: Date.now() }), keepAnchor(open, { jws: answer.anchor, env: browser })])
    const { carried: all, days } = await readDays(open)
    show(all, days)
    dayProblem.value = null
    void hear(answer, mark).catch(() => undefined)
  } catch (error) {
    dayProblem.value = asProblem(error)
    if (dayProblem.value.code === 'DEVICE_REVOKED' && who === device.value?.device_id) await forget().catch(() => undefined)
  } finally {
    dayBusy.value = false
  }
}

let loading: Promise<void> | null = null
let again = false
/**
 * Asks the server for what has changed. Without an answer the kept days stay, with their time.
 * `anew`: a question that is on its way already may not know of what has just happened.
 */
export function load({ anew = false }: { anew?: boolean } = {}): Promise<void> {
  if (loading) again ||= anew
  loading ??= (async () => {
    do {
      again = false
      await ask()
    } while (again)
  })().finally(() => (loading = null))
  return loading
}

/** Today and the days ahead, as far as the phone knows them. */
export const daysAhead = computed<string[]>(() => {
  const days = Array.from({ length: 8 }, (_, n) => dayAfter(today.value, n))
  return days.filter((day, n) => !n || hasDay(day))
})
