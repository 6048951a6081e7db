/** Which of the four words a record has. The same rule everywhere. */
import type { VerifyState } from '../api/wire'
import type { Entry } from '../outbox/db'
import { holds } from './findings'

export type RecordWord = 'on_phone' | 'reached' | 'accepted' | 'counted'
export const WORDS: readonly RecordWord[] = ['on_phone', 'reached', 'accepted', 'counted']

export interface RecordState {
  word: RecordWord
  refused: boolean
  held: boolean
}

const COUNTED: readonly (VerifyState | undefined)[] = ['auto_verified', 'verified']

/** The visits that an event belongs to, by what the phone meant and by what the server made of it. */
export function visitIdsOf(entry: Pick<Entry, 'context' | 'answer'>): string[] {
  return [...new Set([...entry.context.visit_ids, ...(entry.answer?.visits ?? []).map((visit) => visit.visit_id)])]
}

export function wordOf(entry: Pick<Entry, 'state' | 'answer' | 'context' | 'counted'>, verifyOf: (visit_id: string) => VerifyState | undefined): RecordState {
  const { answer } = entry
  if (entry.state !== 'answered' || !answer) return { word: 'on_phone', refused: false, held: false }
  if (answer.verdict === 'refused') return { word: 'reached', refused: true, held: false }
  const known = visitIdsOf(entry)
    .map(verifyOf)
    .filter((state) => state !== undefined)
  if (known.length ? known.every((state) => COUNTED.includes(state)) : entry.counted) return { word: 'counted', refused: false, held: false }
  const held = answer.verdict !== 'accepted' && holds(answer.codes)
  return { word: held ? 'reached' : 'accepted', refused: false, held }
}

/** The word of a whole visit: the least of its records. A refusal counts only as long as nothing came after it. */
export function visitWord(newestFirst: readonly Pick<Entry, 'state' | 'answer' | 'context' | 'counted'>[], verifyOf: (visit_id: string) => VerifyState | undefined): RecordState | null {
  const states = newestFirst.map((entry) => wordOf(entry, verifyOf))
  const [latest] = states
  if (!latest || latest.refused) return latest ?? null
  return states.filter((state) => !state.refused).reduce((least, state) => (WORDS.indexOf(state.word) < WORDS.indexOf(least.word) ? state : least), latest)
}
