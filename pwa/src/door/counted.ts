/** Remembers with each record that its visit counts: the list of visits on the phone is only of a few days. */
import { effect } from '@preact/signals'
import { db, entries, reload } from '../outbox'
import { noteCounted } from '../outbox/queue'
import { wordOf } from '../rules/words'
import { verifyOf } from './state'

let running = false
export function rememberCounted(): void {
  if (running) return
  running = true
  effect(() => {
    const seen = new Map<string, boolean>()
    for (const entry of entries.value) {
      const counted = wordOf(entry, verifyOf).word === 'counted'
      if (entry.state === 'answered' && counted !== (entry.counted ?? false)) seen.set(entry.event_id, counted)
    }
    if (seen.size) void db().then((open) => noteCounted(open, seen)).then(reload, () => undefined)
  })
}
