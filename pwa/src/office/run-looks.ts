/** How the states of an import and of its rows look. */
import type { ImportCounts, ImportRun } from '../api/wire'
import type { IconName } from '../ui'

type Tone = '' | 'good' | 'warn' | 'bad' | 'info'
export type RowStatus = keyof ImportCounts

export const COUNTS: readonly RowStatus[] = ['created', 'updated', 'unchanged', 'refused']
export const ROW_LOOKS: Record<RowStatus, { icon: IconName; tone: Tone }> = {
  created: { icon: 'plus', tone: 'good' },
  updated: { icon: 'refresh', tone: 'info' },
  unchanged: { icon: 'check', tone: '' },
  refused: { icon: 'cross', tone: 'bad' },
}
export const STATE_LOOKS: Record<ImportRun['state'], { icon: IconName; tone: Tone }> = {
  reading: { icon: 'clock', tone: 'info' },
  previewed: { icon: 'search', tone: 'warn' },
  applying: { icon: 'clock', tone: 'info' },
  applied: { icon: 'check', tone: 'good' },
  failed: { icon: 'cross', tone: 'bad' },
}

export const isRunning = (run: Pick<ImportRun, 'state'>): boolean => run.state === 'reading' || run.state === 'applying'
/** What would be written. */
export const toWrite = (counts: ImportCounts): number => counts.created + counts.updated
export const rowsIn = (counts: ImportCounts): number => COUNTS.reduce((sum, name) => sum + counts[name], 0)
