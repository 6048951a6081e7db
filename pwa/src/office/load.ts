/** Reading from the server for a desk screen: knows since when it shows what it shows, and reads again after a new sign-in. */
import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { asProblem } from '../api/client'
import { sessionEnded } from '../api/session'
import { useLoad } from '../ui/use'

export function useRead<T>(key: string, load: (signal: AbortSignal) => Promise<T>) {
  const at = useSignal<number | null>(null)
  const read = useLoad(key, async (signal) => {
    const got = await load(signal)
    at.value = Date.now()
    return got
  })
  const ended = useRef(false)
  useSignalEffect(() => {
    const now = sessionEnded.value
    if (ended.current && !now && read.error.value && asProblem(read.error.value).status === 401) void read.reload()
    ended.current = now
  })
  return { ...read, at }
}
