/** Finds QR codes in pictures, away from the screen's thread. The decoder is a file of our own origin. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'

export interface DecodeRequest {
  id: number
  picture: ImageBitmap | ImageData | Blob
}
export type DecoderMessage = { type: 'ready'; bitmaps: boolean } | { type: 'failed'; why: string } | { type: 'texts'; id: number; texts: string[] }

const post = (message: DecoderMessage) => self.postMessage(message)
const canDraw = typeof OffscreenCanvas !== 'undefined' && (() => new OffscreenCanvas(1, 1).getContext('2d') !== null)()

let canvas: OffscreenCanvas | null = null

function pixels(bitmap: ImageBitmap, longSide = Number.POSITIVE_INFINITY): ImageData {
  const scale = Math.min(1, longSide / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))]
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D
  context.drawImage(bitmap, 0, 0, width, height)
  return context.getImageData(0, 0, width, height)
}

async function texts(picture: ImageData | Blob): Promise<string[]> {
  const found = await readBarcodes(picture, { formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 4 })
  return found.filter((code) => code.isValid && code.text).map((code) => code.text)
}

/** A photo may have many more pixels than help: small first, then larger. */
async function fromPhoto(blob: Blob): Promise<string[]> {
  let bitmap: ImageBitmap | null = null
  try {
    if (canDraw) bitmap = await createImageBitmap(blob)
  } catch {
    // The decoder reads JPEG and PNG itself.
  }
  if (!bitmap) return texts(blob)
  for (const side of [1000, 1800, 3200]) {
    const found = await texts(pixels(bitmap, side))
    if (found.length || side >= Math.max(bitmap.width, bitmap.height)) return found
  }
  return []
}

async function decode(picture: DecodeRequest['picture']): Promise<string[]> {
  if (picture instanceof Blob) return fromPhoto(picture)
  if (picture instanceof ImageData) return texts(picture)
  try {
    return await texts(pixels(picture))
  } finally {
    picture.close()
  }
}

self.onmessage = async ({ data }: MessageEvent<DecodeRequest>) => {
  let found: string[] = []
  try {
    found = await decode(data.picture)
  } catch {
    // A picture that cannot be read holds no code.
  }
  post({ type: 'texts', id: data.id, texts: found })
}

prepareZXingModule({ overrides: { locateFile: (file: string, prefix: string) => (file.endsWith('.wasm') ? wasmUrl : prefix + file) }, fireImmediately: true }).then(
  () => post({ type: 'ready', bitmaps: canDraw }),
  (error: unknown) => post({ type: 'failed', why: String(error) }),
)
