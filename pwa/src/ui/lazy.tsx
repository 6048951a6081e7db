/** Parts that are fetched when they are first shown. */
import { useSignal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { ErrorState, Loading } from './index'

export interface Lazy<P> extends FunctionComponent<P> {
  /** Fetches it early. A failure is silent here and shown when it is needed. */
  fetch(): void
}

/** `quiet`: for what may as well not be there: nothing stands in its place, and its failure is nobody's concern. */
export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>, { quiet = false } = {}): Lazy<P> {
  let loaded: FunctionComponent<P> | undefined
  let coming: Promise<void> | undefined
  const get = () => {
    coming ??= load().then(
      (component) => {
        loaded = component
      },
      (error: unknown) => {
        coming = undefined
        throw error
      },
    )
    return coming
  }
  function Part(props: P) {
    const turn = useSignal(0)
    const failed = useSignal<unknown>(null)
    useEffect(() => {
      // Also when it came between the first rendering and this: nobody else would show it.
      get().then(
        () => turn.value++,
        (error: unknown) => (failed.value = error),
      )
    }, [])
    if (failed.value && !quiet) return <ErrorState error={failed.value} onRetry={() => location.reload()} />
    const Found = turn.value >= 0 ? loaded : undefined
    return Found ? <Found {...props} /> : quiet ? null : <Loading />
  }
  return Object.assign(Part, { fetch: () => void get().catch(() => undefined) })
}
