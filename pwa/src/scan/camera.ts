/** The camera: opening it, its light, and one frame after the other to the decoder. */
import { type Decoder, decoder } from './decoder'

export type CameraTrouble = 'denied' | 'absent' | 'busy' | 'insecure' | 'failed'

export class CameraFailed extends Error {
  constructor(readonly trouble: CameraTrouble) {
    super(trouble)
  }
}

const TROUBLES: Record<string, CameraTrouble> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'absent',
  DevicesNotFoundError: 'absent',
  OverconstrainedError: 'absent',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

export interface Camera {
  torch: ((on: boolean) => Promise<void>) | null
  stop(): void
}

async function openStream(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraFailed(window.isSecureContext ? 'absent' : 'insecure')
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
    })
  } catch (error) {
    throw new CameraFailed(TROUBLES[(error as DOMException).name] ?? 'failed')
  }
}

function torchOf(track: MediaStreamTrack): Camera['torch'] {
  const can = track.getCapabilities?.() as { torch?: boolean } | undefined
  if (!can?.torch) return null
  return (on) => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] })
}

let canvas: HTMLCanvasElement | null = null
/** For browsers whose workers cannot draw. */
function readPixels(video: HTMLVideoElement): ImageData {
  canvas ??= document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D
  context.drawImage(video, 0, 0)
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

const nextFrame = (video: HTMLVideoElement) =>
  new Promise<void>((done) => {
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(() => done())
    else requestAnimationFrame(() => done())
  })

/** Shows the camera in `video` and calls `onTexts` with whatever codes are seen. Throws CameraFailed or DecoderFailed. */
export async function openCamera(
  video: HTMLVideoElement,
  { onTexts, onDecoderLost, signal }: { onTexts: (texts: string[]) => void; onDecoderLost: (error: unknown) => void; signal: AbortSignal },
): Promise<Camera> {
  const stream = await openStream()
  const stop = () => {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  if (signal.aborted) {
    stop()
    throw new CameraFailed('failed')
  }
  signal.addEventListener('abort', stop, { once: true })
  video.muted = true
  video.setAttribute('playsinline', '')
  video.srcObject = stream
  // WeChat on iOS shows nothing until play() is called.
  await video.play().catch(() => undefined)
  void (async () => {
    let reader: Decoder
    try {
      reader = await decoder()
      while (!signal.aborted) {
        await nextFrame(video)
        if (signal.aborted || !video.videoWidth) continue
        const picture = reader.bitmaps ? await createImageBitmap(video) : readPixels(video)
        const texts = await reader.decode(picture)
        if (!signal.aborted && texts.length) onTexts(texts)
      }
    } catch (error) {
      if (!signal.aborted) onDecoderLost(error)
    }
  })()
  const [track] = stream.getVideoTracks()
  return { torch: track ? torchOf(track) : null, stop }
}
