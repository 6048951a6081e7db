/** Reads a desk screen again when something of its kind has changed, gathered so that a burst is one reading. */
import { useEffect, useRef } from 'preact/hooks'
import { openLive } from '../api/live'

const GATHER_MS = 300

/** `soon` reads `ms` after it was first called; called while that reading runs, once more after it, never beside it. */
export function gathered(read: () => unknown, ms: number): { soon: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted = false
  const run = async () => {
    wanted = false
    try {
      await read()
    } catch {
      // The reading itself says what went wrong; the next change is read all the same.
    }
    timer = undefined
    if (wanted) soon()
  }
  const soon = () => {
    wanted = true
    timer ??= setTimeout(() => void run(), ms)
  }
  const stop = () => {
    wanted = false
    clearTimeout(timer)
  }
  return { soon, stop }
}

/** `everyMs`: for what time alone changes, read again so often while the screen is seen. */
export function useLive(kinds: RegExp, reload: () => unknown, everyMs?: number): void {
  const latest = useRef(reload)
  latest.current = reload
  useEffect(() => {
    const { soon, stop } = gathered(() => latest.current(), GATHER_MS)
    // What changed between the first reading and the opening of the stream is in neither.
    const close = openLive({ onChange: ({ kind }) => kinds.test(kind) && soon(), onOpen: soon })
    const timer = everyMs === undefined ? undefined : setInterval(() => document.visibilityState === 'visible' && soon(), everyMs)
    return () => {
      close()
      clearInterval(timer)
      stop()
    }
  }, [])
}
