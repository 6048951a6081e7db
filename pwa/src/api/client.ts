/** The only way to the server: same origin, JSON, a time-out, and every failure as a Problem. */
import { Problem } from './problem'

export { Problem, asProblem } from './problem'

export interface Ask {
  method?: string
  query?: Readonly<Record<string, string | number | boolean | null | undefined>>
  json?: unknown
  form?: FormData
  signal?: AbortSignal
  timeoutMs?: number
  fetch?: typeof fetch
}

const TIMEOUT_MS = 20_000

/** Hears that the server knows nobody here (any more). */
export const notSignedIn: { hear: (() => void) | null } = { hear: null }

function address(path: string, query: Ask['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) : null
}

async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get('content-type') ?? ''
  let body: Record<string, unknown> = {}
  if (type.includes('json')) body = ((await response.json().catch(() => null)) ?? {}) as typeof body
  // A proxy in front of a server that is away answers in its own words.
  const away = response.status >= 502 && response.status <= 504
  const code = typeof body.code === 'string' ? body.code : away ? 'UNAVAILABLE' : `HTTP_${response.status}`
  return new Problem(code, response.status, body, retryAfter(response))
}

/** One exchange; the answer's body is read by the caller, but inside the time-out. */
export async function ask<T>(path: string, options: Ask, read: (response: Response) => Promise<T>): Promise<T> {
  const { method = 'GET', query, json, form, signal, timeoutMs = TIMEOUT_MS } = options
  const clock = new AbortController()
  const timer = setTimeout(() => clock.abort(new DOMException('time-out', 'TimeoutError')), timeoutMs)
  const stop = () => clock.abort(signal?.reason)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' }
  if (json !== undefined) headers['content-type'] = 'application/json'
  try {
    const init: RequestInit = { method, headers, signal: clock.signal, credentials: 'same-origin', cache: 'no-store' }
    if (form) init.body = form
    else if (json !== undefined) init.body = JSON.stringify(json)
    const response = await (options.fetch ?? fetch)(address(path, query), init)
    if (!response.ok) {
      const problem = await problemOf(response)
      if (problem.code === 'NOT_SIGNED_IN') notSignedIn.hear?.()
      throw problem
    }
    return await read(response)
  } catch (error) {
    if (error instanceof Problem) throw error
    if (signal?.aborted) throw error
    if (clock.signal.aborted) throw new Problem('TIMEOUT')
    if (error instanceof SyntaxError) throw new Problem('BAD_ANSWER')
    throw new Problem('OFFLINE')
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

async function readJson<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

type Rest = Omit<Ask, 'method' | 'json' | 'form'>

export const api = {
  get: <T>(path: string, query?: Ask['query'], rest: Rest = {}) => ask<T>(path, { ...rest, query }, readJson),
  post: <T>(path: string, json?: unknown, rest: Rest = {}) => ask<T>(path, { ...rest, method: 'POST', json }, readJson),
  /** A list, or what of it matches the words. These are names and addresses: they go into a body, never into a URL. */
  search: <T>(path: string, words: string, query: Ask['query'] = {}, rest: Rest = {}) =>
    words ? api.post<T>(`${path}/search`, { ...query, q: words }, rest) : api.get<T>(path, query, rest),
  put: <T>(path: string, json: unknown, rest: Rest = {}) => ask<T>(path, { ...rest, method: 'PUT', json }, readJson),
  del: <T = void>(path: string, rest: Rest = {}) => ask<T>(path, { ...rest, method: 'DELETE' }, readJson),
  upload: <T>(path: string, form: FormData, rest: Rest = {}) =>
    ask<T>(path, { timeoutMs: 120_000, ...rest, method: 'POST', form }, readJson),
  /** For printed cards and other files. */
  file: (path: string, json: unknown, rest: Rest = {}) =>
    ask<Blob>(path, { timeoutMs: 120_000, ...rest, method: 'POST', json }, (response) => response.blob()),
}
