/** The page's side of the decoder: started once, kept warm, and given up on when it does not answer. */
import type { DecoderMessage, DecodeRequest } from './decoder.worker'

const START_MS = 20_000
const FRAME_MS = 8_000

export class DecoderFailed extends Error {}

export interface Decoder {
  /** Whether the worker can draw, so that frames may go as bitmaps. */
  bitmaps: boolean
  decode(picture: DecodeRequest['picture'], timeoutMs?: number): Promise<string[]>
}

let kept: Promise<Decoder> | undefined

function launch(): Promise<Decoder> {
  return new Promise((resolve, reject) => {
    let worker: Worker
    const open = new Map<number, { done: (texts: string[]) => void; fail: (error: unknown) => void }>()
    let next = 0
    let dead: DecoderFailed | null = null
    const giveUp = (why: string) => {
      clearTimeout(timer)
      worker?.terminate()
      kept = undefined
      dead = new DecoderFailed(why)
      for (const { fail } of open.values()) fail(dead)
      open.clear()
      reject(dead)
    }
    // Under a wrong content policy the worker neither starts nor fails.
    const timer = setTimeout(() => giveUp('time-out'), START_MS)
    const decode: Decoder['decode'] = (picture, timeoutMs = FRAME_MS) =>
      new Promise((done, fail) => {
        if (dead) throw dead
        const id = ++next
        const late = setTimeout(() => giveUp('stuck'), timeoutMs)
        const settled = <V,>(settle: (value: V) => void) => (value: V) => {
          clearTimeout(late)
          settle(value)
        }
        open.set(id, { done: settled(done), fail: settled(fail) })
        const transfer: Transferable[] = []
        if (typeof ImageBitmap !== 'undefined' && picture instanceof ImageBitmap) transfer.push(picture)
        else if (picture instanceof ImageData) transfer.push(picture.data.buffer)
        worker.postMessage({ id, picture } satisfies DecodeRequest, transfer)
      })
    try {
      worker = new Worker(new URL('./decoder.worker.ts', import.meta.url), { type: 'module', name: 'decoder' })
    } catch (error) {
      giveUp(String(error))
      return
    }
    worker.onerror = (event) => giveUp(event.message || 'worker')
    worker.onmessage = ({ data }: MessageEvent<DecoderMessage>) => {
      if (data.type === 'failed') giveUp(data.why)
      else if (data.type === 'ready') {
        clearTimeout(timer)
        resolve({ bitmaps: data.bitmaps && typeof createImageBitmap !== 'undefined', decode })
      } else {
        open.get(data.id)?.done(data.texts)
        open.delete(data.id)
      }
    }
  })
}

/** One decoder for the page. After a failure the next call tries anew. */
export function decoder(): Promise<Decoder> {
  kept ??= launch().catch((error: unknown) => {
    kept = undefined
    throw error
  })
  return kept
}

/** Starts it early, so that the camera need not wait. */
export function warmUp(): void {
  decoder().catch(() => undefined)
}
