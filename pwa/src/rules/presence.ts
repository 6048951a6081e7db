/** What a phone can say of its own proofs: the time as far as its own clocks contradict each other, the place, the card. */
import type { Seen } from './facts'

const SKEW_MS = 120_000
const STALE_MS = 120_000
const VAGUE_M = 200
/** What the monotonic clock may run ahead: a fixed part for the way the signed time took, and 0.1 %. */
const DRIFT_MS = 2_000
const DRIFT_SHARE = 0.001

/**
 * The instant that the record uses. A clock that is behind what the monotonic clock proves is wrong for certain; one that
 * is ahead may only have gone on while the monotonic one slept, so of that the server alone can judge.
 */
export function timing({ claimed_at, anchor_at, elapsed_ms }: Seen): { at: number; codes: string[] } {
  if (anchor_at === null) return { at: claimed_at, codes: ['TIME_UNPROVEN'] }
  const proven = elapsed_ms === null ? anchor_at : Math.max(anchor_at, anchor_at + elapsed_ms - DRIFT_MS - elapsed_ms * DRIFT_SHARE)
  return { at: Math.max(claimed_at, proven), codes: proven - claimed_at > SKEW_MS ? ['CLOCK'] : [] }
}

/** The box around China; swapped coordinates lie outside it. */
const inChina = (lat: number, lon: number) => lat >= 0.8293 && lat <= 55.8271 && lon >= 72.004 && lon <= 137.8347

/** All but the distance: a phone has no coordinates of homes. */
export function place({ position, home_point }: Seen): string[] {
  if (!position) return ['LOCATION_MISSING']
  const { lat, lon, accuracy_m, age_ms } = position
  if (lat === null || lon === null || !inChina(lat, lon)) return ['LOCATION_INVALID']
  if (home_point === false) return ['HOME_POINT_MISSING']
  const codes: string[] = []
  if (accuracy_m === null || !(accuracy_m >= 0 && accuracy_m <= VAGUE_M)) codes.push('LOCATION_VAGUE')
  if (!(age_ms >= 0 && age_ms <= STALE_MS)) codes.push('LOCATION_STALE')
  return codes
}

/** A card that the phone does not know is not this home's; whether it is anybody's the server will say. */
export function card({ card: read, capture, kind }: Seen): string[] {
  if (read === 'none') return kind === 'not_served' ? [] : ['TOKEN_MISSING']
  const codes = read === 'other' ? ['WRONG_HOUSEHOLD'] : []
  if (capture !== 'camera') codes.push('CAPTURE_WEAK')
  return codes
}
