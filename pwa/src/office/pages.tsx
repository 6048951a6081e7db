/** A list that is read a page at a time: what was fetched beyond the first page stays until the list is asked for anew. */
import { useRef } from 'preact/hooks'
import { Button, ErrorState } from '../ui'
import { useRead } from './load'
import { beyondOf, type Page } from './paging'

/** `load` asks for the page at `cursor`, or the first one; `key` is what it depends on. */
export function usePages<P extends Page>(key: string, load: (cursor: string | undefined, signal?: AbortSignal) => Promise<P>) {
  const beyond = useRef<ReturnType<typeof beyondOf<P>>>(null)
  const latest = useRef({ key, load })
  latest.current = { key, load }
  const read = useRead(key, (signal) => {
    if (beyond.current) beyond.current.failed.value = null
    return load(undefined, signal)
  })
  beyond.current ??= beyondOf<P>(
    read,
    (cursor) => latest.current.load(cursor),
    () => latest.current.key,
  )
  const { items, cursor, onFirstPage, busy, failed, fetchMore } = beyond.current
  return { ...read, page: read.data.value, items: items(), onFirstPage, cursor: cursor(), busy, failed, fetchMore }
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
