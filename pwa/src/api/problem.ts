/** What went wrong, in both languages: a problem+json answer of the server, or a failure on the way to it. */
import { common } from '../i18n/common'
import { type Pair, say } from '../i18n'

export interface FieldError {
  field: string
  message: string
  message_en?: string
}
interface ProblemBody {
  title?: string
  title_en?: string
  detail?: string
  detail_en?: string
  code?: string
  errors?: FieldError[]
}

/** The server says its problems in both languages; only what never came from it needs words of ours. */
const local: Record<string, readonly [Pair, Pair]> = {
  OFFLINE: [common.table.offline, common.table.offline_hint],
  TIMEOUT: [common.table.timeout, common.table.timeout_hint],
  UNAVAILABLE: [common.table.unavailable, common.table.unavailable_hint],
  BAD_ANSWER: [common.table.bad_answer, common.table.bad_answer_hint],
}

export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly retryAfter: number | null
  readonly #title: Pair
  readonly #detail: Pair

  constructor(code: string, status = 0, body: ProblemBody = {}, retryAfter: number | null = null) {
    super(code)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.errors = body.errors ?? []
    this.retryAfter = retryAfter
    const own = local[code]
    const title: Pair = own?.[0] ?? common.table.unknown_problem
    this.#title = [body.title ?? title[0], body.title_en ?? title[1]]
    this.#detail = [body.detail ?? own?.[1][0] ?? '', body.detail_en ?? own?.[1][1] ?? '']
  }

  /** No answer came, or one that says "later": trying again may help. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429
  }
  get title(): string {
    return say(this.#title)
  }
  get detail(): string {
    return say(this.#detail)
  }
}

export const fieldMessage = (error: FieldError): string => say([error.message, error.message_en ?? error.message])

/** Anything that was thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem('UNKNOWN', 0, { detail: String(error), detail_en: String(error) })
}
