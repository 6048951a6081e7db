/** Reads a desk screen again when something of its kind has changed, gathered so that a burst is one reading. */
import { useEffect, useRef } from 'preact/hooks'
import { openLive } from '../api/live'

const GATHER_MS = 300

export function useLive(kinds: RegExp, reload: () => void): void {
  const latest = useRef(reload)
  latest.current = reload
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => latest.current(), GATHER_MS)
    }
    let first = true
    const close = openLive({
      onChange: ({ kind }) => kinds.test(kind) && soon(),
      onOpen: () => {
        if (!first) soon()
        first = false
      },
    })
    return () => {
      close()
      clearTimeout(timer)
    }
  }, [])
}
