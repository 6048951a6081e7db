/** Who is signed in at the office. */
import { signal } from '@preact/signals'
import { api, notSignedIn, Problem } from './client'
import type { Me } from './wire'

/** undefined: not asked yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined)

/** Somebody was signed in, but the server does not know the session any more. */
export const sessionEnded = signal(false)
notSignedIn.hear = () => {
  if (me.value) sessionEnded.value = true
}

export async function loadMe(): Promise<Me | null> {
  try {
    me.value = await api.get<Me>('/api/v1/me')
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    me.value = null
  }
  return me.value
}

export async function signIn(login: string, password: string, totp: string | null): Promise<Me> {
  const answer = await api.post<{ me?: Me } & Partial<Me>>('/api/v1/sessions', { login, password, totp })
  const who = answer.me ?? (answer as Me)
  me.value = who
  sessionEnded.value = false
  return who
}

export async function signOut(): Promise<void> {
  try {
    await api.del('/api/v1/sessions/current')
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
  }
  me.value = null
  sessionEnded.value = false
}
