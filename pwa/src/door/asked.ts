/** What the office decided about the caregiver's visits, and which of it asks for a word. */
import { computed, signal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import type { components } from '../api/schema'

type Schemas = components['schemas']
export type Decision = Schemas['DoorDecision']

/** null: not read yet. Nothing of it is kept on the phone. */
export const decided = signal<readonly Decision[] | null>(null)
export const failed = signal<unknown>(null)
export const asked = computed(() => (decided.value ?? []).filter(({ may_answer }) => may_answer))

export async function readDecided(): Promise<void> {
  try {
    decided.value = (await api.get<Schemas['DoorDecisions']>('/api/v1/door/decisions')).items
    failed.value = null
  } catch (error) {
    failed.value = error
    // A phone that is nobody's any more has none.
    if (asProblem(error).status === 401) decided.value = null
  }
}

export async function answer(id: string, text: string): Promise<void> {
  decided.value = (await api.post<Schemas['DoorDecisions']>(`/api/v1/door/decisions/${id}/words`, { text })).items
}
