/** What a sample says, decided from its data. Pure. */
import type { components } from '../../api/schema'
import { dayShift } from '../../dispatch/board'
import type { Period } from '../reports/period'

type Schemas = components['schemas']
export type Sample = Schemas['Sample']
export type SampleList = Schemas['SampleList']
export type SampleView = Schemas['SampleView']
export type Drawn = Schemas['DrawnVisit']
export type Inspection = Schemas['InspectionView']
export type Redraw = Schemas['Redraw']
export type Kind = Schemas['NewInspection']['kind']
export type Outcome = Schemas['NewInspection']['outcome']

export const KINDS: readonly Kind[] = ['call_back', 'home_visit']
export const OUTCOMES: readonly Outcome[] = ['confirmed', 'differs', 'did_not_happen', 'not_reached']
export const SIZE = { least: 1, usual: 30, most: 500 } as const

/** What does not fit the record opens the visit again, and is described. */
export const isWrong = (outcome: string | null): boolean => outcome === 'differs' || outcome === 'did_not_happen'

/** How many visits were drawn: fewer than were asked for where there were not so many. */
export const drawnOf = ({ outcomes, open }: Pick<Sample, 'outcomes' | 'open'>): number => Object.values(outcomes).reduce((sum, n) => sum + n, open)
export const wrongOf = ({ outcomes }: Pick<Sample, 'outcomes'>): number => (outcomes.differs ?? 0) + (outcomes.did_not_happen ?? 0)

/** The last result counts. */
export const lastOf = ({ inspections }: Pick<Drawn, 'inspections'>): Inspection | null => inspections.at(-1) ?? null

export type Show = 'all' | 'open' | Outcome
export const fits = (item: Pick<Drawn, 'inspections'>, show: Show): boolean => show === 'all' || (lastOf(item)?.outcome ?? 'open') === show
export const countOf = (sample: Pick<Sample, 'outcomes' | 'open'>, show: Show): number => (show === 'all' ? drawnOf(sample) : show === 'open' ? sample.open : (sample.outcomes[show] ?? 0))

/** Whose turn it is after this one: the next without a result, from the top again at the end. */
export function nextOpen(items: readonly Drawn[], after: string): string | null {
  const from = items.findIndex(({ visit }) => visit.id === after) + 1
  return [...items.slice(from), ...items.slice(0, from)].find((item) => !item.inspections.length)?.visit.id ?? null
}

/** A whole number of visits that the server takes. */
export function sizeOf(text: string): number | null {
  const n = /^\d{1,4}$/.test(text.trim()) ? Number(text) : Number.NaN
  return n >= SIZE.least && n <= SIZE.most ? n : null
}

/** The month that is over. */
export function lastMonth(today: string): Period {
  const last = dayShift(`${today.slice(0, 7)}-01`, -1)
  return { since: `${last.slice(0, 7)}-01`, last }
}

/** The last day that counts, of what the server keeps as the first day after. */
export const lastDay = ({ until }: Pick<Sample, 'until'>): string => dayShift(until, -1)
