/** Days as a phone carries them, made from visits as the screens see them. */
import type { DoorCall, DoorSync, DoorVisit } from '../src/api/wire'
import { carried, keptDays, turnPage } from '../src/door/days'
import type { Carried } from '../src/outbox/db'

const ref = (procedure: DoorVisit['safety_procedure']) => (procedure ? `${procedure.id}@${procedure.version}` : null)

export const asCall = ({ tasks, emergency_procedure, safety_procedure, ...visit }: DoorVisit): DoorCall => ({
  ...visit,
  tasks: tasks.map((task) => task.code),
  emergency_procedure: ref(emergency_procedure) ?? '',
  safety_procedure: ref(safety_procedure),
  facts: visit.facts ?? {},
})

export const CATALOGUE: Carried['catalogue'] = {
  tasks: { delivery: [{ code: 'meal_handed', zh: '餐食交到老人手里', en: 'Meal handed to the elder' }] },
  procedures: { 'emergency@1': { id: 'emergency', version: '1', zh: ['停'], en: ['Stop'] } },
  certificates: { meal: [['health_certificate']] },
}

export const answer = (more: Partial<DoorSync> = {}): DoorSync => ({
  epoch: 'e1',
  server_time: '2026-04-08T01:00:00Z',
  anchor: 'anchor',
  heard: { seq: null },
  cursor: 'c1',
  first_day: '2026-04-07',
  last_day: '2026-04-15',
  days: [],
  caregiver: { id: 'c1', name: '李明' },
  provider: { id: 'p1', name: '康乐', phone: '010-65001234' },
  emergency_numbers: ['12349', '120', '110'],
  carer: { employed_from: null, employed_to: null, held: [] },
  catalogue: CATALOGUE,
  month_used: {},
  ...more,
})

/** Puts visits on the screens' list of that day, as if the phone had just opened. */
export function showDay(day: string, visits: readonly DoorVisit[], server_time = `${day}T00:00:00Z`): void {
  const { epoch: _epoch, anchor: _anchor, heard: _heard, days: _days, ...rest } = answer({ server_time, first_day: day, last_day: day })
  const procedures = visits.flatMap((visit) => [visit.emergency_procedure, visit.safety_procedure]).flatMap((one) => (one ? [[ref(one), one] as const] : []))
  const tasks = Object.fromEntries(visits.map((visit) => [visit.content, visit.tasks]))
  carried.value = { ...rest, behind_ms: 0, catalogue: { ...CATALOGUE, tasks, procedures: Object.fromEntries(procedures) } } as Carried
  keptDays.value = new Map([[day, { day, listed_at: server_time, visits: visits.map(asCall) }]])
  turnPage()
}
