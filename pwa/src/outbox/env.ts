/** Time, chance, network and locks, so that tests can hold them still. */

export interface Env {
  /** The wall clock: a claim, nothing more. */
  now(): number
  /** The monotonic clock of this page or worker, in milliseconds since `origin`. */
  perf(): number
  origin: number
  /** Minutes that the phone's zone is east of UTC. */
  zoneMin(): number
  random(length: number): Uint8Array
  fetch: typeof fetch
  lock<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** `AbortSignal.timeout` for browsers of before 2022, of which many phones still have one. */
export function timeLimit(ms: number): AbortSignal {
  const clock = new AbortController()
  setTimeout(() => clock.abort(), ms)
  return clock.signal
}

const tails = new Map<string, Promise<unknown>>()

/** One after another inside this page, for browsers without Web Locks. */
export async function localLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(name) ?? Promise.resolve()
  const mine = before.then(work, work)
  const tail = mine.catch(() => undefined)
  tails.set(name, tail)
  try {
    return await mine
  } finally {
    if (tails.get(name) === tail) tails.delete(name)
  }
}

export const browser: Env = {
  now: () => Date.now(),
  perf: () => performance.now(),
  origin: performance.timeOrigin,
  zoneMin: () => -new Date().getTimezoneOffset(),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fetch: (input, init) => fetch(input, init),
  lock: (name, work) => (navigator.locks ? (navigator.locks.request(name, work) as ReturnType<typeof work>) : localLock(name, work)),
}
