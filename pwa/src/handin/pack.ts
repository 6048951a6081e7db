/** Records on their way by hand: as a file, or as a row of QR codes, from a phone without a network to the office and back. */

/** `records`: signed events from a phone. `receipts`: what the server said about them. */
export type Content = 'records' | 'receipts'
const KEY = { records: 'events', receipts: 'receipts' } as const
const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
export const SUFFIX = '.doorstep.json'

export const packFile = (content: Content, texts: readonly string[]): string => JSON.stringify({ doorstep: content, version: 1, [KEY[content]]: texts })

const tokens = (text: string) => text.split(/[\s,;"'[\]{}~]+/).filter((part) => part.length > 60 && JWS.test(part))

/** The signed texts in a file or in pasted text, each once; none when there are none. What they say is for the server to judge. */
export function unpack(text: string, content: Content): string[] {
  try {
    const list = (JSON.parse(text) as Record<string, unknown> | null)?.[KEY[content]]
    if (Array.isArray(list)) return [...new Set(list.filter((one): one is string => typeof one === 'string' && JWS.test(one)))]
  } catch {
    // Not our file: perhaps the bare texts.
  }
  return [...new Set(tokens(text))]
}

const HEAD = 'DOORSTEP1'
/** So large that an old laptop's camera still reads it from a phone's screen. */
export const FRAME_BYTES = 560

/** The texts cut into pieces, each with its place in the row: `DOORSTEP1/<name>/<number>/<of>/<piece>`. */
export function frames(texts: readonly string[], name: string): string[] {
  const whole = texts.join('~')
  const of = Math.max(1, Math.ceil(whole.length / FRAME_BYTES))
  return Array.from({ length: of }, (_, i) => [HEAD, name, i + 1, of, whole.slice(i * FRAME_BYTES, (i + 1) * FRAME_BYTES)].join('/'))
}

export interface Collected {
  have: number
  of: number
  /** All pieces are there. */
  texts: string[] | null
}

/** Puts pieces together in whatever order they are seen; another row begins anew. Null: not a piece of ours. */
export function collector(): (frame: string) => Collected | null {
  let name = ''
  let pieces = new Map<number, string>()
  return (frame) => {
    const [head, row = '', number, total, piece = '', ...rest] = frame.split('/')
    const [i, of] = [Number(number), Number(total)]
    if (head !== HEAD || rest.length || !Number.isInteger(i) || !Number.isInteger(of) || i < 1 || i > of || of > 999) return null
    if (`${row}/${of}` !== name) {
      name = `${row}/${of}`
      pieces = new Map()
    }
    pieces.set(i, piece)
    if (pieces.size < of) return { have: pieces.size, of, texts: null }
    const whole = Array.from({ length: of }, (_, n) => pieces.get(n + 1)).join('')
    return { have: of, of, texts: whole.split('~').filter((text) => JWS.test(text)) }
  }
}
