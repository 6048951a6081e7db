/** Makes the judge of a record: which visits it is about, whose card was read, and what else the caregiver does that day. */
import type { CheckEvent, Judged } from '../api/wire'
import { device, type Draft, type Entry, type EntryContext } from '../outbox'
import { homeHash } from '../outbox/bytes'
import type { Card } from '../rules/facts'
import { type Subject, verdictOf } from '../rules/verdict'
import { carried } from './days'
import { type Call, callOf, calls, recordsOf } from './state'

const subjectOf = ({ visit }: Call): Subject => ({ visit, entries: recordsOf(visit.id).reverse() })

/** Typed digits cannot be compared; a scanned card that is not the home's own is another's, or nobody's. */
async function cardOf({ token, short_code }: Pick<Entry['event'], 'token' | 'short_code'>, { visit }: Call): Promise<Card> {
  if (!token) return short_code ? 'unknown' : 'none'
  const { code_salt, code_hash } = visit.household
  if (!code_salt || !code_hash) return 'other'
  return (await homeHash(code_salt, token)) === code_hash ? 'same' : 'other'
}

/** Asked before the record is made, so that signing it waits for nothing. */
export async function judgeFor(draft: Partial<Draft>, context: EntryContext): Promise<(event: CheckEvent) => Judged | null> {
  const picked = context.visit_ids.map(callOf).filter((call): call is Call => call !== undefined)
  const read = { token: draft.token ?? null, short_code: draft.short_code ?? null }
  const subjects = await Promise.all(picked.map(async (call) => ({ ...subjectOf(call), card: await cardOf(read, call) })))
  const others = calls.value.filter((call) => !picked.includes(call)).map(subjectOf)
  const known = { me: device.value?.caregiver.id ?? '', carer: carried.value?.carer ?? null, facts_at: carried.value?.server_time ?? null }
  return (event) => verdictOf(event, { subjects, others, known })
}
