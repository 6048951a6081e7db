/** The office hands in the signed events of a phone: they prove themselves, so they go the same way as from the phone. */
import { api, asProblem, type Problem } from '../api/client'
import type { CheckEvent, CheckinsAnswer, Verdict } from '../api/wire'
import { parse } from '../outbox/jws'

const BATCH = 50
/** With these the server says that the body is at fault: then each goes alone. */
const BODY_FAULTS = new Set([400, 413, 415, 422])

export interface Handed {
  jws: string
  event: Partial<CheckEvent>
  verdict: Verdict | null
  codes: string[]
  receipt: string | null
  problem: Problem | null
}

export function readEvent(jws: string): Partial<CheckEvent> {
  try {
    return parse<Partial<CheckEvent>>(jws).payload ?? {}
  } catch {
    return {}
  }
}

type Post = (events: readonly string[]) => Promise<CheckinsAnswer>
const post: Post = (events) => api.post<CheckinsAnswer>('/api/v1/checkins', { events })

/** One answer for each text, in their order. */
export async function submit(texts: readonly string[], { send = post, onProgress }: { send?: Post; onProgress?: (done: number) => void } = {}): Promise<Handed[]> {
  const handed: Handed[] = []
  const failed = (jws: string, problem: Problem): Handed => ({ jws, event: readEvent(jws), verdict: null, codes: [], receipt: null, problem })
  const slice = async (part: readonly string[]): Promise<Handed[]> => {
    try {
      const { receipts } = await send(part)
      return part.map((jws, i) => {
        const one = receipts[i]
        return one ? { jws, event: readEvent(jws), verdict: one.verdict, codes: one.codes, receipt: one.receipt, problem: null } : failed(jws, asProblem(new SyntaxError('no receipt')))
      })
    } catch (error) {
      const problem = asProblem(error)
      if (part.length === 1 || !BODY_FAULTS.has(problem.status)) return part.map((jws) => failed(jws, problem))
      const middle = Math.ceil(part.length / 2)
      return [...(await slice(part.slice(0, middle))), ...(await slice(part.slice(middle)))]
    }
  }
  for (let i = 0; i < texts.length; i += BATCH) {
    handed.push(...(await slice(texts.slice(i, i + BATCH))))
    onProgress?.(handed.length)
  }
  return handed
}
