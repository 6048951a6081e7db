/** Who reads on this device, and whose visits they look at. */
import { computed, signal } from '@preact/signals'
import { api, Problem } from '../api/client'
import type { Joined, Me } from './wire'

/** undefined: not asked yet; null: this device knows nobody. */
export const me = signal<Me | null | undefined>(undefined)
export const failed = signal<unknown>(null)

const CHOSEN = 'doorstep.family.elder'
const chosen = signal<string | null>(remembered())

function remembered(): string | null {
  try {
    return localStorage.getItem(CHOSEN)
  } catch {
    return null
  }
}

/** Whose visits are shown: the one that was chosen last, or the first. */
export const elder = computed(() => {
  const all = me.value?.elders ?? []
  return all.find((one) => one.id === chosen.value) ?? all[0] ?? null
})

export function choose(id: string): void {
  chosen.value = id
  try {
    localStorage.setItem(CHOSEN, id)
  } catch {
    // Then the first one is shown next time.
  }
}

export async function loadMe(): Promise<void> {
  try {
    me.value = await api.get<Me>('/api/v1/family/me')
    failed.value = null
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      me.value = null
      failed.value = null
    } else failed.value = error
  }
}

/** The same attempt is sent again when no answer came: a link that was used up by a lost answer still opens. */
const attempts = new Map<string, string>()

export async function join(given: { secret: string } | { code: string }): Promise<void> {
  const key = JSON.stringify(given)
  const attempt = attempts.get(key) ?? crypto.randomUUID()
  attempts.set(key, attempt)
  const { elder_id, ...rest } = await api.post<Joined>('/api/v1/family/redeem', { ...given, attempt })
  choose(elder_id)
  me.value = rest
}

export async function setLargeType(large_type: boolean): Promise<void> {
  await api.put('/api/v1/family/settings', { large_type })
  if (me.value) me.value = { ...me.value, large_type }
}

export const KINDS = ['arrived', 'left', 'changed'] as const
export type WatchKind = (typeof KINDS)[number]

/** What the server is asked for: each kind said. */
export const wanted = (kinds: readonly string[]) => Object.fromEntries(KINDS.map((kind) => [kind, kinds.includes(kind)])) as Record<WatchKind, boolean>

/** Shown at once; taken back where the server did not take it. */
export async function setWatch(id: string, kinds: readonly string[]): Promise<void> {
  const before = me.value?.elders.find((one) => one.id === id)?.watch ?? []
  const show = (watch: readonly string[]) => {
    if (me.value) me.value = { ...me.value, elders: me.value.elders.map((one) => (one.id === id ? { ...one, watch: [...watch] } : one)) }
  }
  show(kinds)
  try {
    await api.put(`/api/v1/family/elders/${id}/watch`, wanted(kinds))
  } catch (error) {
    show(before)
    throw error
  }
}

export async function leave(): Promise<void> {
  // Before the session goes: nothing of this family may pop up here again.
  await import('../push/subscribe').then(({ forgetPush }) => forgetPush('family')).catch(() => undefined)
  await api.del('/api/v1/family/session')
  me.value = null
}
