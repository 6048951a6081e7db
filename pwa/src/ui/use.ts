/** Small hooks that screens share. */
import { useSignal } from '@preact/signals'
import { useCallback, useEffect, useRef } from 'preact/hooks'

/** Loads on start and whenever `key` changes; keeps the last good data while loading again. */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>) {
  const data = useSignal<T | null>(null)
  const error = useSignal<unknown>(null)
  const busy = useSignal(true)
  const turn = useRef(0)
  const latest = useRef(load)
  latest.current = load
  const run = useCallback(async () => {
    const mine = ++turn.current
    const stop = new AbortController()
    busy.value = true
    try {
      const got = await latest.current(stop.signal)
      if (mine !== turn.current) return
      data.value = got
      error.value = null
    } catch (thrown) {
      if (mine === turn.current) error.value = thrown
    } finally {
      if (mine === turn.current) busy.value = false
    }
  }, [])
  useEffect(() => {
    data.value = null
    void run()
    return () => {
      turn.current++
    }
  }, [key])
  return { data, error, busy, reload: run }
}

/** The time now, read again every `ms`. */
export function useNow(ms: number) {
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), ms)
    return () => clearInterval(timer)
  }, [ms])
  return now
}
