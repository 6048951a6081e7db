/** The scanning page: camera first, and always a way round it. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Capture } from '../api/wire'
import { scan as t } from '../i18n/scan'
import { type Scan, readScan } from '../rules/codes'
import { Button, Icon, Notice } from '../ui'
import { type Camera, CameraFailed, openCamera } from './camera'
import { decoder } from './decoder'
import { TypedCode, TypedSecret } from './typed'
import './scan.css'

export type Captured =
  | { token: string; short_code: null; secret: null; capture: Capture }
  | { token: null; short_code: string; secret: null; capture: 'typed' }
  | { token: null; short_code: null; secret: string; capture: Capture }

export interface ScannerProps {
  wanted: 'home' | 'enrol'
  /** Whose home, shown above the picture. */
  subject?: string
  onCaptured: (captured: Captured) => void
  onClose: () => void
}

type Trouble = 'denied' | 'absent' | 'busy' | 'insecure' | 'failed' | 'decoder'
type Complaint = 'foreign' | 'malformed' | 'is_enrol' | 'is_home' | 'photo_none'
const SLOW_MS = 15_000
const COMPLAINT_MS = 4_000

function complaintAbout(scan: Scan, wanted: ScannerProps['wanted']): Complaint {
  if (scan.kind === 'foreign' || scan.kind === 'malformed') return scan.kind
  return wanted === 'home' ? 'is_enrol' : 'is_home'
}

export function Scanner({ wanted, subject, onCaptured, onClose }: ScannerProps) {
  const mode = useSignal<'camera' | 'typed'>('camera')
  const phase = useSignal<'opening' | 'preparing' | 'looking'>('opening')
  const trouble = useSignal<Trouble | null>(null)
  const complaint = useSignal<Complaint | null>(null)
  const slow = useSignal(false)
  const lit = useSignal(false)
  const hasTorch = useSignal(false)
  const readingPhoto = useSignal(false)
  const turn = useSignal(0)
  const video = useRef<HTMLVideoElement>(null)
  const camera = useRef<Camera | null>(null)
  const file = useRef<HTMLInputElement>(null)
  const done = useRef(false)
  const quiet = useRef<ReturnType<typeof setTimeout>>(undefined)

  function complain(what: Complaint) {
    complaint.value = what
    clearTimeout(quiet.current)
    quiet.current = setTimeout(() => (complaint.value = null), COMPLAINT_MS)
  }

  function capture(captured: Captured) {
    if (done.current) return
    done.current = true
    navigator.vibrate?.(60)
    onCaptured(captured)
  }

  /** The wanted code among those seen; otherwise says what was wrong with the first. */
  function consider(texts: readonly string[], how: 'camera' | 'photo') {
    const scans = texts.map(readScan)
    for (const scan of scans) {
      if (scan.kind === 'home' && wanted === 'home') return capture({ token: scan.token, short_code: null, secret: null, capture: how })
      if (scan.kind === 'enrol' && wanted === 'enrol') return capture({ token: null, short_code: null, secret: scan.secret, capture: how })
    }
    if (scans[0]) complain(complaintAbout(scans.find((scan) => scan.kind !== 'foreign') ?? scans[0], wanted))
  }

  useEffect(() => {
    if (mode.value !== 'camera' || !video.current) return
    const stop = new AbortController()
    const view = video.current
    phase.value = 'opening'
    trouble.value = null
    slow.value = false
    const late = setTimeout(() => (slow.value = true), SLOW_MS)
    const onDecoderLost = () => (trouble.value = 'decoder')
    openCamera(view, { onTexts: (texts) => consider(texts, 'camera'), onDecoderLost, signal: stop.signal }).then(
      async (opened) => {
        camera.current = opened
        hasTorch.value = opened.torch !== null
        phase.value = 'preparing'
        await decoder().catch(onDecoderLost)
        phase.value = 'looking'
      },
      (error: unknown) => {
        if (!stop.signal.aborted) trouble.value = error instanceof CameraFailed ? error.trouble : 'failed'
      },
    )
    // A phone in the pocket must not keep the camera; it opens again when the page is looked at.
    const look = () => {
      if (document.visibilityState === 'hidden') stop.abort()
      else if (stop.signal.aborted) turn.value++
    }
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(late)
      clearTimeout(quiet.current)
      document.removeEventListener('visibilitychange', look)
      stop.abort()
      camera.current = null
      lit.value = false
    }
  }, [mode.value, turn.value])

  async function switchTorch() {
    const torch = camera.current?.torch
    if (!torch) return
    try {
      await torch(!lit.value)
      lit.value = !lit.value
    } catch {
      hasTorch.value = false
    }
  }

  async function readPhoto(picked: File | undefined) {
    if (!picked) return
    readingPhoto.value = true
    try {
      const texts = await (await decoder()).decode(picked, 20_000)
      if (texts.length) consider(texts, 'photo')
      else complain('photo_none')
    } catch {
      trouble.value = 'decoder'
    } finally {
      readingPhoto.value = false
      if (file.current) file.current.value = ''
    }
  }

  if (mode.value === 'typed') {
    const back = () => (mode.value = 'camera')
    return wanted === 'home' ? (
      <TypedCode subject={subject} onBack={back} onCode={(code) => capture({ token: null, short_code: code, secret: null, capture: 'typed' })} />
    ) : (
      <TypedSecret onBack={back} onSecret={(secret) => capture({ token: null, short_code: null, secret, capture: 'typed' })} />
    )
  }

  const wrong = trouble.value
  return (
    <main class="scanner">
      <header class="scanner-head">
        <Button kind="quiet" icon="cross" onClick={onClose}>
          {t('close')}
        </Button>
        <h1>{t(`title_${wanted}`)}</h1>
        {subject && <p>{subject}</p>}
      </header>
      <div class="scanner-view">
        <video ref={video} muted playsInline autoPlay aria-hidden="true" class={wrong && wrong !== 'decoder' ? 'off' : ''} />
        {!wrong && <div class="scanner-frame" aria-hidden="true" />}
        {wrong && (
          <div class="scanner-trouble" role="alert">
            <Icon name="warn" />
            <h2>{t(wrong)}</h2>
            <p>{t(`${wrong}_hint`)}</p>
            <Button icon="refresh" onClick={() => turn.value++}>
              {t('by_camera')}
            </Button>
          </div>
        )}
        {complaint.value && (
          <div class="scanner-complaint" role="alert">
            <strong>{t(complaint.value)}</strong>
            <span>{t(`${complaint.value}_hint`)}</span>
          </div>
        )}
        {!wrong && !complaint.value && (
          <p class="scanner-hint" role="status">
            {phase.value === 'opening' && (
              <>
                {t('opening')}
                <br />
                {t('allow')}
              </>
            )}
            {phase.value === 'preparing' && t('preparing')}
            {phase.value === 'looking' && (slow.value ? t('hint_slow') : t(`aim_${wanted}`))}
          </p>
        )}
      </div>
      <footer class="scanner-foot">
        {hasTorch.value && !wrong && (
          <Button icon="torch" wide aria-pressed={lit.value} onClick={() => void switchTorch()}>
            {t(lit.value ? 'torch_off' : 'torch_on')}
          </Button>
        )}
        <div class="scanner-ways">
          <Button icon="keyboard" onClick={() => (mode.value = 'typed')}>
            {t(wanted === 'home' ? 'by_code' : 'by_secret')}
          </Button>
          <Button icon="photo" busy={readingPhoto.value} onClick={() => file.current?.click()}>
            {t(readingPhoto.value ? 'photo_reading' : 'by_photo')}
          </Button>
        </div>
        <input
          ref={file}
          class="only-read"
          type="file"
          accept="image/*"
          capture="environment"
          tabIndex={-1}
          aria-label={t('by_photo')}
          onChange={(event) => void readPhoto(event.currentTarget.files?.[0])}
        />
      </footer>
      {(wrong || slow.value) && wanted === 'home' && (
        <Notice>
          <p>{t('grade_note')}</p>
        </Notice>
      )}
    </main>
  )
}
