/** Makes the judge of a record: which visits it is about, whose card was read, and what else the caregiver does that day. */
import { computed } from '@preact/signals'
import { device, type Entry } from '../outbox'
import { homeHash } from '../outbox/bytes'
import type { Card } from '../rules/facts'
import { type Beside, besideOf, type Knowledge, type Subject, verdictOf } from '../rules/verdict'
import { carried } from './days'
import type { Judging } from './done'
import { type Call, callOf, calls, recordsOf } from './state'

const subjectOf = ({ visit }: Call): Subject => ({ visit, entries: recordsOf(visit.id).reverse() })

/** Typed digits cannot be compared; a scanned card that is not the home's own is another's, or nobody's. */
async function cardOf({ token, short_code }: Pick<Entry['event'], 'token' | 'short_code'>, { visit }: Call): Promise<Card> {
  if (!token) return short_code ? 'unknown' : 'none'
  const { code_salt, code_hash } = visit.household
  if (!code_salt || !code_hash) return 'other'
  return (await homeHash(code_salt, token)) === code_hash ? 'same' : 'other'
}

const known = computed<Knowledge>(() => ({
  me: device.value?.caregiver.id ?? '',
  carer: carried.value?.carer ?? null,
  facts_at: carried.value?.server_time ?? null,
}))

/** The caregiver's day, as far as it can be judged. */
const day = computed<ReadonlyMap<string, Beside>>(() => {
  const read = calls.value.map((call) => besideOf(subjectOf(call), known.value))
  return new Map(read.flatMap((one) => (one ? [[one.visit.id, one]] : [])))
})

export const judging: Judging = {
  ready() {
    try {
      void day.value
    } catch (error) {
      // Then there will be no verdict; the record is made all the same.
      console.error(error)
    }
  },
  async of(draft, context) {
    const picked = context.visit_ids.map(callOf).filter((call): call is Call => call !== undefined)
    const read = { token: draft.token ?? null, short_code: draft.short_code ?? null }
    const subjects = await Promise.all(picked.map(async (call) => ({ ...subjectOf(call), card: await cardOf(read, call) })))
    const others = [...day.value.values()].filter(({ visit }) => !picked.some((call) => call.visit.id === visit.id))
    return (event) => verdictOf(event, { subjects, others, known: known.value })
  },
}
