/** A page that is left may be laid on ice with its open transactions: in Safari every other page then waits for them for ever. */

type Page = Pick<EventTarget, 'addEventListener'>

const thisPage = (): Page | undefined => (typeof window === 'undefined' ? undefined : window)

/** Ends what still runs on this connection when the page is left. What is being committed already is committed. */
export function endWithPage(db: IDBDatabase, page = thisPage()): void {
  const running = new Set<IDBTransaction>()
  const begin = db.transaction.bind(db)
  db.transaction = (...asked) => {
    const tx = begin(...asked)
    running.add(tx)
    for (const end of ['complete', 'abort']) tx.addEventListener(end, () => running.delete(tx))
    return tx
  }
  page?.addEventListener('pagehide', () => {
    for (const tx of running) {
      try {
        tx.abort()
      } catch {
        // It is being committed: that needs the page no more.
      }
    }
  })
}
