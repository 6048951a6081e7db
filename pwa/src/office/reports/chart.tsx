/** Bars over time: what was done, what was not, the rest. A picture with its numbers said for those who do not see it. */
import { useRef } from 'preact/hooks'
import { p } from '../../i18n/reports'
import { monthDay } from '../../ui/format'
import { useWidth } from '../../ui/desk'
import type { Point } from './numbers'

const HEIGHT = 170
const FOOT = 22
const MOST_WORDS = 8

export const dayText = (civil: string) => monthDay(`${civil}T12:00:00+08:00`)

/** A round number at or above the highest bar. */
export function ceiling(most: number): number {
  if (most <= 5) return 5
  const unit = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 2.5, 5, 10].map((one) => one * unit).find((one) => one >= most) ?? most
}

export function Bars({ name, points, chosen, onChoose }: { name: string; points: readonly Point[]; chosen: string | null; onChoose: (since: string) => void }) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const top = ceiling(Math.max(...points.map((point) => point.visits), 1))
  const room = HEIGHT - FOOT - 8
  const each = (width - 34) / Math.max(points.length, 1)
  const high = (n: number) => (n / top) * room
  const every = Math.ceil(points.length / Math.max(1, Math.min(MOST_WORDS, Math.floor(width / 70))))
  const label = p('chart_label', { name: name || p('chart_visits'), points: points.map((point) => p('point_label', { at: dayText(point.since), n: point.visits })).join('；') })
  return (
    <div class="bars" ref={box}>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
        {[0, top / 2, top].map((n) => (
          <g key={n}>
            <line class="ring" x1="30" x2={width} y1={8 + room - high(n)} y2={8 + room - high(n)} />
            <text class="tick-text" x="26" y={12 + room - high(n)} text-anchor="end">
              {Number.isInteger(n) ? n : ''}
            </text>
          </g>
        ))}
        {points.map((point, i) => {
          const x = 32 + i * each
          const bad = point.missed + point.not_served + point.rejected
          const rest = Math.max(point.visits - point.completed - point.missed - point.not_served, 0)
          const good = Math.max(point.completed - point.rejected, 0)
          const parts = [
            ['good', good],
            ['bad', bad],
            ['rest', rest],
          ] as const
          let y = 8 + room
          return (
            <g key={point.since} class={chosen === point.since ? 'bar chosen' : 'bar'} onClick={() => onChoose(point.since)}>
              <rect class="hit" x={x} y="0" width={each} height={HEIGHT} />
              {parts.map(([kind, n]) => {
                y -= high(n)
                return <rect key={kind} class={kind} x={x + each * 0.15} y={y} width={each * 0.7} height={high(n)} />
              })}
              {i % every === 0 && (
                <text class="tick-text" x={x + each / 2} y={HEIGHT - 5} text-anchor="middle">
                  {dayText(point.since)}
                </text>
              )}
            </g>
          )
        })}
      </svg>
      <p class="legend-line">
        <span class="key-good">{p('chart_done')}</span> <span class="key-bad">{p('chart_missed')}</span> <span class="key-rest">{p('chart_rest')}</span>
      </p>
    </div>
  )
}
