/** What the office may know of this phone: how much still waits on it, and how safe it is there. Said after a drain, when it is news. */
import type { PhoneStatus } from '../api/wire'
import type { Entry } from './db'
import { timeLimit } from './env'
import { parse } from './jws'

const TIMEOUT_MS = 10_000

let said = ''

/** When an event was made, by the server's time where the phone holds it: its own clock may be a year off. */
function madeAt({ event, created_at }: Pick<Entry, 'event' | 'created_at'>): number {
  if (event.anchor === null || event.elapsed_ms === null) return created_at
  try {
    const at = Date.parse(parse<{ at: string }>(event.anchor).payload.at) + event.elapsed_ms
    return Number.isFinite(at) ? at : created_at
  } catch {
    return created_at
  }
}

async function statusOf(entries: readonly Entry[]): Promise<PhoneStatus> {
  const waiting = entries.filter((entry) => entry.state !== 'answered')
  const oldest = waiting.length ? new Date(Math.min(...waiting.map(madeAt))) : null
  const here = globalThis.navigator as (Navigator & { standalone?: boolean }) | undefined
  return {
    waiting: waiting.length,
    oldest_waiting_at: oldest?.toISOString() ?? null,
    persisted: (await here?.storage?.persisted?.().catch(() => null)) ?? null,
    standalone: here?.standalone ?? (typeof matchMedia === 'undefined' ? null : matchMedia('(display-mode: standalone)').matches),
    app_version: __APP_VERSION__,
  }
}

/** Never in the way: what is not heard now is said after the next drain. Returns whether it was sent and taken. */
export async function tellOffice(device_id: string | undefined, entries: readonly Entry[], ask: typeof fetch = fetch): Promise<boolean> {
  if (!device_id) return false
  try {
    const body = JSON.stringify(await statusOf(entries))
    const news = device_id + body
    if (news === said) return false
    const answer = await ask('/api/v1/door/status', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: timeLimit(TIMEOUT_MS),
    })
    if (answer.ok) said = news
    return answer.ok
  } catch {
    return false
  }
}
