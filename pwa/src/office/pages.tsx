/** A list that is read a page at a time: what was fetched beyond the first page stays until the list is asked for anew. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { Button, ErrorState } from '../ui'
import { useRead } from './load'

interface Page {
  items: unknown[]
  next: string | null
}

/** `load` asks for the page at `cursor`, or the first one; `key` is what it depends on. */
export function usePages<P extends Page>(key: string, load: (cursor: string | undefined, signal?: AbortSignal) => Promise<P>) {
  const beyond = useSignal<P['items']>([])
  const next = useSignal<string | null | undefined>(undefined)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const round = useRef(0)
  const read = useRead(key, (signal) => {
    round.current += 1
    beyond.value = []
    next.value = undefined
    failed.value = null
    return load(undefined, signal)
  })
  const page = read.data.value
  const cursor = (next.value === undefined ? page?.next : next.value) ?? null

  async function fetchMore(): Promise<void> {
    if (!cursor) return
    const asked = round.current
    busy.value = true
    failed.value = null
    try {
      const found = await load(cursor)
      // Another list may have been asked for meanwhile.
      if (asked === round.current) {
        beyond.value = [...beyond.value, ...found.items]
        next.value = found.next
      }
    } catch (error) {
      if (asked === round.current) failed.value = error
    }
    busy.value = false
  }

  const items: P['items'] = [...(page?.items ?? []), ...beyond.value]
  return { ...read, page, items, onFirstPage: () => !beyond.value.length, cursor, busy, failed, fetchMore }
}

/** The button for the next page, or why it did not come. */
export function More({ pages, label }: { pages: Pick<ReturnType<typeof usePages>, 'cursor' | 'busy' | 'failed' | 'fetchMore'>; label: string }) {
  if (pages.failed.value) return <ErrorState error={pages.failed.value} onRetry={() => void pages.fetchMore()} />
  return pages.cursor ? (
    <Button wide busy={pages.busy.value} onClick={() => void pages.fetchMore()}>
      {label}
    </Button>
  ) : null
}
