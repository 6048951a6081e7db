/** Which homes are chosen for printing, and what that choice means. */
import type { Household, HouseholdCounts, HouseholdPage } from '../api/wire'

export const MOST = 200
export const A_SHEET = 10
export type Layout = 'card' | 'sheet'
export type Format = 'pdf' | 'png'
export type Chosen = ReadonlyMap<string, Household>

/** Adds or takes away homes; what goes beyond the limit is left out. */
export function choose(chosen: Chosen, homes: readonly Household[], on: boolean): Chosen {
  const next = new Map(chosen)
  for (const home of homes) {
    if (!on) next.delete(home.id)
    else if (next.has(home.id) || next.size < MOST) next.set(home.id, home)
  }
  return next
}

/** The same choice with what is now known of its homes. */
export function refreshed(chosen: Chosen, homes: readonly Household[]): Chosen {
  const next = new Map(chosen)
  for (const home of homes) if (next.has(home.id)) next.set(home.id, home)
  return next
}

export const withCard = (chosen: Chosen): Household[] => [...chosen.values()].filter((home) => home.code !== null)
export const pages = (homes: number, layout: Layout): number => (layout === 'card' ? homes : Math.ceil(homes / A_SHEET))
/** A picture has one page. */
export const canBePng = (homes: number, layout: Layout): boolean => homes > 0 && pages(homes, layout) === 1

export type CardFilter = keyof HouseholdCounts
/** What the server is asked for. */
export const only = (filter: CardFilter) => (filter === 'all' ? null : filter)
/** A search has no counts: names and addresses are sealed, the server would have to open every one. */
export const counted = (q: string, page: HouseholdPage | null): HouseholdCounts | null => (q === '' ? (page?.counts ?? null) : null)
