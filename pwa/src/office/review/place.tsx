/** Where the phones believed they were, seen from the home: rings of distance, circles of accuracy. No map, no coordinates. */
import type { VisitDetail } from '../../api/wire'
import { r } from '../../i18n/review'
import type { Mark } from './wire'

const SIZE = 320
const MIDDLE = SIZE / 2
const ROOM = MIDDLE - 24
/** Labels of marks at the same place stand below one another. */
const LINE = 16

/** Metres to pixels: near the home linear, beyond twice the fence the picture only says "far". */
export function scaleOf(fence_m: number, marks: readonly Pick<Mark, 'distance_m' | 'accuracy_m'>[]): { metres: number; px: (m: number) => number } {
  const farthest = Math.max(fence_m * 1.2, ...marks.map(({ distance_m, accuracy_m }) => Math.min(distance_m + Math.min(accuracy_m ?? 0, fence_m), fence_m * 8)))
  return { metres: farthest, px: (m) => (Math.min(m, farthest) / farthest) * ROOM }
}

export const direction = (bearing_deg: number): number => Math.round((((bearing_deg % 360) + 360) % 360) / 45) % 8

/** Steps of 50, 100, 200, 500 m and so on: at most four rings. */
export function rings(metres: number): number[] {
  const step = [25, 50, 100, 200, 500, 1000, 2000, 5000].find((one) => metres / one <= 4) ?? metres / 4
  return Array.from({ length: Math.floor(metres / step) }, (_, i) => (i + 1) * step)
}

export function PlacePicture({ marks, evidence }: { marks: readonly Mark[]; evidence: VisitDetail }) {
  if (!marks.length) return <p class="soft">{r('place_none')}</p>
  const fence = evidence.geofence_m
  const { metres, px } = scaleOf(fence, marks)
  const kinds = new Map(evidence.events.map((event) => [event.event_id, event.kind]))
  const drawn = marks.map((mark) => {
    const angle = (mark.bearing_deg * Math.PI) / 180
    const at = px(mark.distance_m)
    return { ...mark, kind: kinds.get(mark.event_id) ?? 'check_in', x: MIDDLE + Math.sin(angle) * at, y: MIDDLE - Math.cos(angle) * at }
  })
  const lines = drawn.map((mark) =>
    r('place_mark', {
      kind: r(`kind_${mark.kind}`),
      dir: r(`dir_${direction(mark.bearing_deg)}` as 'dir_0'),
      m: Math.round(mark.distance_m),
      acc: Math.round(mark.accuracy_m ?? 0),
    }),
  )
  return (
    <figure class="place-picture">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={r('place_label', { marks: lines.join('；'), fence })}>
        <circle class="fence" cx={MIDDLE} cy={MIDDLE} r={px(fence)} />
        {rings(metres).map((m) => (
          <g key={m}>
            <circle class="ring" cx={MIDDLE} cy={MIDDLE} r={px(m)} />
            <text class="ring-text" x={MIDDLE + 3} y={MIDDLE - px(m) + 12}>
              {m} m
            </text>
          </g>
        ))}
        {drawn.map((mark) => (
          <circle key={mark.event_id} class="accuracy" cx={mark.x} cy={mark.y} r={Math.max(px(mark.accuracy_m ?? 0), 4)} />
        ))}
        <path class="home" d={`M${MIDDLE - 9} ${MIDDLE + 1}l9-8 9 8v8h-18z`} />
        {drawn.map((mark, i) => (
          <g key={mark.event_id}>
            <circle class={`phone ${mark.kind}`} cx={mark.x} cy={mark.y} r="6" />
            <text class="mark-text" x={Math.min(mark.x + 9, SIZE - 40)} y={mark.y + 5 + LINE * drawn.slice(0, i).filter((other) => Math.hypot(other.x - mark.x, other.y - mark.y) < LINE * 2).length}>
              {r(`kind_${mark.kind}`)}
            </text>
          </g>
        ))}
        <text class="ring-text" x={MIDDLE - 5} y="14">
          {r('place_north')}
        </text>
      </svg>
      <figcaption>
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </figcaption>
    </figure>
  )
}
