/** Sums of figures, and shares as people read them. */
import type { components } from '../../api/schema'

export type Figures = components['schemas']['Figures']
export type Point = components['schemas']['Counted']

/** All points of a group together; punctuality is weighed by the visits that were begun. */
export function sum(points: readonly Point[]): Omit<Point, 'since'> {
  const total = (of: (point: Point) => number) => points.reduce((all, point) => all + of(point), 0)
  const begun = total((point) => point.begun)
  const onTime = total((point) => (point.on_time_bp ?? 0) * point.begun)
  const grades: Record<string, number> = {}
  for (const { grades: one } of points) for (const [grade, n] of Object.entries(one)) grades[grade] = (grades[grade] ?? 0) + n
  return {
    visits: total((point) => point.visits),
    completed: total((point) => point.completed),
    missed: total((point) => point.missed),
    not_served: total((point) => point.not_served),
    begun,
    on_time_bp: begun ? Math.round(onTime / begun) : null,
    grades,
    findings: total((point) => point.findings),
    held: total((point) => point.held),
    manual: total((point) => point.manual),
    rejected: total((point) => point.rejected),
    satisfaction: {
      n: total((point) => point.satisfaction.n),
      sum: total((point) => point.satisfaction.sum),
      satisfied: total((point) => point.satisfaction.satisfied),
    },
  }
}

/** 93.4%, or a dash where there is nothing to take a share of. */
export const percent = (bp: number | null): string => (bp === null ? '—' : `${(bp / 100).toFixed(1).replace(/\.0$/, '')}%`)
export const share = (part: number, whole: number): string => percent(whole ? Math.round((part / whole) * 10_000) : null)
