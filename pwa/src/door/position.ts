/** Where the phone is: asked early, never waited for, and only around a check-in or check-out. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CheckEvent, PositionError } from '../api/wire'

export interface Fix {
  lat: number
  lon: number
  accuracy_m: number
  /** Age when it came, and the monotonic instant of that. */
  age_ms: number
  at: number
}

export interface Locating {
  busy: boolean
  fix: Fix | null
  error: PositionError | null
}

export const locating = signal<Locating>({ busy: false, fix: null, error: null })

const WATCH_MS = 25_000
const GOOD_M = 20
/** A better fix of a little earlier beats a bad one of now. */
const FRESH_MS = 60_000
const AGAIN_MS = 45_000

const ERRORS: Record<number, PositionError> = { 1: 'denied', 2: 'unavailable', 3: 'timeout' }

let watch: number | null = null
let timer: ReturnType<typeof setTimeout> | undefined

export interface Clocks {
  now(): number
  perf(): number
}
const real: Clocks = { now: () => Date.now(), perf: () => performance.now() }

/** Whole milliseconds inside what the wire holds. */
const atLeastZero = (ms: number) => (Number.isFinite(ms) ? Math.min(2 ** 31 - 1, Math.max(0, Math.round(ms))) : 0)

export function asFix({ coords, timestamp }: GeolocationPosition, clocks: Clocks = real): Fix | null {
  const { latitude: lat, longitude: lon, accuracy } = coords
  const sound = [lat, lon, accuracy].every(Number.isFinite) && Math.abs(lat) <= 90 && Math.abs(lon) <= 180
  if (!sound) return null
  const round = (value: number) => Math.round(value * 1e6) / 1e6
  return {
    lat: round(lat),
    lon: round(lon),
    accuracy_m: Math.round(Math.max(0, accuracy) * 10) / 10,
    age_ms: atLeastZero(clocks.now() - timestamp),
    at: clocks.perf(),
  }
}

export function better(old: Fix | null, fresh: Fix): Fix {
  if (!old || fresh.at - old.at + old.age_ms > FRESH_MS) return fresh
  return fresh.accuracy_m <= old.accuracy_m ? fresh : old
}

function stop(): void {
  clearTimeout(timer)
  if (watch !== null) navigator.geolocation.clearWatch(watch)
  watch = null
  locating.value = { ...locating.value, busy: false }
}

/** Begins to look, for at most 25 seconds. Asking again while it looks changes nothing. */
export function locate(): void {
  if (watch !== null) return
  if (!('geolocation' in navigator) || !window.isSecureContext) {
    locating.value = { busy: false, fix: null, error: 'unsupported' }
    return
  }
  locating.value = { ...locating.value, busy: true, error: null }
  timer = setTimeout(() => {
    stop()
    if (!locating.value.fix) locating.value = { busy: false, fix: null, error: 'timeout' }
  }, WATCH_MS)
  watch = navigator.geolocation.watchPosition(
    (position) => {
      const fix = asFix(position)
      if (!fix) return
      locating.value = { ...locating.value, fix: better(locating.value.fix, fix), error: null }
      if (fix.accuracy_m <= GOOD_M) stop()
    },
    ({ code }) => {
      const error = ERRORS[code] ?? 'unavailable'
      locating.value = { ...locating.value, error }
      if (error === 'denied') {
        stop()
        locating.value = { busy: false, fix: null, error }
      }
    },
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: WATCH_MS },
  )
}

/** Looks at once, and again while the screen waits: who stands at a door for minutes must not sign where they were before. */
export function useLocating(waiting = true): void {
  useEffect(() => {
    if (!waiting) return
    locate()
    const timer = setInterval(() => locating.value.error !== 'denied' && locate(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [waiting])
}

/** What goes into an event signed now. */
export function positionNow(state: Locating = locating.value, clocks: Clocks = real): Pick<CheckEvent, 'position' | 'position_error'> {
  const { fix, error } = state
  if (!fix) return { position: null, position_error: error ?? 'timeout' }
  const { lat, lon, accuracy_m } = fix
  return { position: { lat, lon, accuracy_m, age_ms: atLeastZero(clocks.perf() - fix.at + fix.age_ms) }, position_error: null }
}
