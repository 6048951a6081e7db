/**
 * The server's stream of changes; it opens again by itself, and tells when it may have missed something.
 *
 * A browser has six connections to a server for all its tabs together, so only a tab that is seen keeps one open.
 */
export interface Change {
  kind: string
  subject: string
  at: string
}

export interface Live {
  onChange(change: Change): void
  /** The stream is open (again): read anew what is on the screen. */
  onOpen?(): void
  onLost?(): void
}

const ears = new Set<(change: Change) => void>()

/** Hears every change of whatever stream this page has open, without one of its own. Returns the function that stops it. */
export function hearAll(ear: (change: Change) => void): () => void {
  ears.add(ear)
  return () => void ears.delete(ear)
}

/** Returns the function that closes the stream. */
export function openLive({ onChange, onOpen, onLost }: Live, url = '/api/v1/live'): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = 1000
  const open = () => {
    clearTimeout(timer)
    source?.close()
    if (document.visibilityState === 'hidden') return
    source = new EventSource(url)
    source.onopen = () => {
      wait = 1000
      onOpen?.()
    }
    source.addEventListener('change', (event) => {
      try {
        const change = JSON.parse((event as MessageEvent<string>).data) as Change
        onChange(change)
        for (const ear of ears) ear(change)
      } catch {
        // A line that cannot be read is no reason to lose the next one.
      }
    })
    source.addEventListener('reload', () => onOpen?.())
    source.onerror = () => {
      onLost?.()
      source?.close()
      timer = setTimeout(open, wait + Math.random() * 500)
      wait = Math.min(wait * 2, 30_000)
    }
  }
  const seen = () => {
    if (document.visibilityState === 'hidden') source?.close()
    else if (!source || source.readyState === EventSource.CLOSED) open()
  }
  document.addEventListener('visibilitychange', seen)
  open()
  return () => {
    document.removeEventListener('visibilitychange', seen)
    clearTimeout(timer)
    source?.close()
  }
}
