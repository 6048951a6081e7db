/** A picture of the distance: the home with its geofence, the phone with its accuracy. No map, and no direction. */
import type { VisitEvent } from '../api/wire'
import { t } from '../i18n/dispatch'
import { distanceText, standing } from './evidence'

const SIZE = 220
const MIDDLE = SIZE / 2
const EDGE = 8

export interface Shape {
  fence: number
  home: { x: number; y: number }
  phone: { x: number; y: number; r: number }
  /** The phone is so far away that the line to it is broken. */
  broken: boolean
}

/** Metres become pixels so that everything fits; beyond four fences the scale ends and the line is broken. */
export function shapeOf({ distance_m, accuracy_m, fence_m }: { distance_m: number; accuracy_m: number; fence_m: number }): Shape {
  const most = fence_m * 4
  const broken = distance_m > most
  const distance = Math.min(distance_m, most)
  const accuracy = Math.min(accuracy_m, most)
  // The home stands left of the middle when the phone is far, so that both fit.
  const left = Math.max(fence_m, accuracy - distance)
  const right = Math.max(fence_m, distance + accuracy)
  const scale = (SIZE - 2 * EDGE) / Math.max(left + right, 2 * fence_m, 2 * accuracy)
  const x = EDGE + left * scale + ((SIZE - 2 * EDGE) - (left + right) * scale) / 2
  return {
    fence: fence_m * scale,
    home: { x, y: MIDDLE },
    phone: { x: x + distance * scale, y: MIDDLE, r: Math.max(accuracy * scale, 3) },
    broken,
  }
}

export function DistancePicture({ event, fence_m }: { event: VisitEvent; fence_m: number }) {
  if (event.distance_m === null) return null
  const accuracy_m = event.accuracy_m ?? 0
  const { fence, home, phone, broken } = shapeOf({ distance_m: event.distance_m, accuracy_m, fence_m })
  const where = standing(event)
  const said = t('place_picture', {
    where: t(`place_${where}`),
    distance: distanceText(event.distance_m),
    accuracy: distanceText(accuracy_m),
    fence: distanceText(fence_m),
  })
  return (
    <figure class={`distance ${where}`}>
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={said}>
        <circle class="fence" cx={home.x} cy={home.y} r={fence} />
        <circle class="accuracy" cx={phone.x} cy={phone.y} r={phone.r} />
        <line class="way" x1={home.x} y1={home.y} x2={phone.x} y2={phone.y} stroke-dasharray={broken ? '2 6' : undefined} />
        <path class="home" d={`M${home.x - 9} ${home.y + 1}l9-8 9 8v8h-18z`} />
        <circle class="phone" cx={phone.x} cy={phone.y} r="5" />
      </svg>
      <figcaption>
        <span class="key home">{t('place_legend_home')}</span>
        <span class="key fence">{t('place_legend_fence', { fence: distanceText(fence_m) })}</span>
        <span class="key phone">{t('place_legend_phone')}</span>
      </figcaption>
    </figure>
  )
}
