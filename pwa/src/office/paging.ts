/** What was fetched beyond the first page of a list: it goes with that page, and is fetched anew after another one. */
import { effect, type ReadonlySignal, signal } from '@preact/signals'

export interface Page {
  items: unknown[]
  next: string | null
}

/** The first page, as it is read: again and again on a live list. */
export interface First<P> {
  data: ReadonlySignal<P | null>
  busy: ReadonlySignal<boolean>
}

const free = (busy: ReadonlySignal<boolean>) =>
  new Promise<void>((done) => {
    const stop = effect(() => {
      if (busy.value) return
      done()
      queueMicrotask(() => stop())
    })
  })

/** `load` asks for the page at a cursor; `list` names the list that is shown now. */
export function beyondOf<P extends Page>(first: First<P>, load: (cursor: string) => Promise<P>, list: () => string) {
  const fetched = signal<{ of: P | null; items: P['items']; next: string | null }>({ of: null, items: [], next: null })
  const busy = signal(false)
  const failed = signal<unknown>(null)
  const kept = () => {
    const page = first.data.value
    return page && fetched.value.of === page ? fetched.value : { of: page, items: [] as P['items'], next: page?.next ?? null }
  }

  async function fetchMore(): Promise<void> {
    if (busy.value) return
    const asked = list()
    busy.value = true
    failed.value = null
    try {
      for (;;) {
        // A page that is being read again will have another cursor.
        await free(first.busy)
        const { of, items, next } = kept()
        if (list() !== asked || next === null) break
        const found = await load(next)
        if (list() !== asked) break
        if (first.busy.value || first.data.value !== of) continue
        fetched.value = { of, items: [...items, ...found.items], next: found.next }
        break
      }
    } catch (error) {
      if (list() === asked) failed.value = error
    }
    busy.value = false
  }

  return {
    items: (): P['items'] => [...(first.data.value?.items ?? []), ...kept().items],
    cursor: () => kept().next,
    /** Whether a live change may read the list again without taking anything from under the reader. */
    onFirstPage: () => !busy.value && !kept().items.length,
    busy,
    failed,
    fetchMore,
  }
}
