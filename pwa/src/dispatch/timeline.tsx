/** The visit's time line: the agreed window, and each record's claim inside what the server proves. */
import { useRef } from 'preact/hooks'
import type { VisitDetail, VisitEvent } from '../api/wire'
import { t } from '../i18n/dispatch'
import { clock } from '../ui'
import { useWidth } from '../ui/desk'

const MINUTE = 60_000
const LANE = 34
const TOP = 40
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE)

export interface Scale {
  from: number
  to: number
  step: number
}

/** From a little before the first claim to a little after the last; what arrived days later does not stretch it. */
export function scaleOf(visit: Pick<VisitDetail, 'window_start' | 'window_end'>, events: readonly VisitEvent[], ticks: number): Scale {
  const [start, end] = [Date.parse(visit.window_start), Date.parse(visit.window_end)]
  const claims = events.map((event) => Math.min(Math.max(Date.parse(event.claimed_at), Date.parse(event.earliest_at ?? event.claimed_at)), Date.parse(event.received_at)))
  const pad = Math.max(10 * MINUTE, (end - start) * 0.08)
  const [low, high] = [Math.min(start, ...claims) - pad, Math.max(end, ...claims) + pad]
  const step = STEPS.find((one) => (high - low) / one <= ticks) ?? (STEPS.at(-1) as number)
  return { from: Math.floor(low / step) * step, to: Math.ceil(high / step) * step, step }
}

export function Timeline({ visit, now }: { visit: VisitDetail; now: number }) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const events = visit.events.filter((event) => event.verdict !== 'refused' && !event.annulled)
  const { from, to, step } = scaleOf(visit, events, Math.max(3, Math.floor(width / 90)))
  const left = 4
  const right = width - 4
  const x = (at: number) => left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (right - left)
  const [start, end] = [Date.parse(visit.window_start), Date.parse(visit.window_end)]
  const ticks: number[] = []
  for (let at = from + step; at < to; at += step) ticks.push(at)
  const height = TOP + Math.max(1, events.length) * LANE + 26
  const listed = events.map((event) => t('tl_event', { kind: t(`tl_${short(event)}`), at: clock(event.claimed_at) })).join(t('g_and'))
  const window = { from: clock(start), to: clock(end) }
  return (
    <div class="timeline" ref={box}>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('tl_title', { ...window, events: listed || t('tl_none') })}
      >
        {ticks.map((at) => (
          <g key={at}>
            <line class="tick" x1={x(at)} x2={x(at)} y1={TOP - 8} y2={height - 22} />
            <text class="tick-text" x={x(at)} y={height - 6} text-anchor="middle">
              {clock(at)}
            </text>
          </g>
        ))}
        <rect class="window" x={x(start)} y={TOP - 8} width={Math.max(2, x(end) - x(start))} height={height - TOP - 14} rx="4" />
        <text class="window-text" x={(x(start) + x(end)) / 2} y={18} text-anchor="middle">
          {t('tl_window', window)}
        </text>
        {now > from && now < to && <line class="now" x1={x(now)} x2={x(now)} y1={TOP - 12} y2={height - 22} />}
        {events.map((event, i) => (
          <Lane key={event.event_id} event={event} y={TOP + i * LANE + LANE / 2 - 4} x={x} to={to} width={width} />
        ))}
      </svg>
      {events.length > 0 && (
        <p class="timeline-key">
          <span class="key claimed">{t('tl_claimed')}</span>
          <span class="key bracket">{t('tl_bracket')}</span>
        </p>
      )}
    </div>
  )
}

const short = (event: VisitEvent) => ({ check_in: 'in', check_out: 'out', not_served: 'not_served', annul: 'annul' })[event.kind] as 'in' | 'out' | 'not_served' | 'annul'

/** Room for the words beside a mark. */
const WORDS = 104

function Lane({ event, y, x, to, width }: { event: VisitEvent; y: number; x: (at: number) => number; to: number; width: number }) {
  const [claim, received] = [Date.parse(event.claimed_at), Date.parse(event.received_at)]
  const earliest = event.earliest_at === null ? null : Date.parse(event.earliest_at)
  const at = x(claim)
  const [low, high] = [x(earliest ?? claim), x(received)]
  const [behind, before] = [Math.max(at, high) + 12, Math.min(at, low) - 12]
  // Beside what is drawn where there is room, else on the bar, right of the mark or left of it.
  const [text, anchor] =
    behind + WORDS <= width ? [behind, 'start'] : before >= WORDS ? [before, 'end'] : at + WORDS + 12 <= width ? [at + 12, 'start'] : [at - 12, 'end']
  return (
    <g>
      <rect class={earliest === null ? 'bracket open' : 'bracket'} x={low} y={y - 6} width={Math.max(high - low, 4)} height="12" rx="3" />
      {received > to && <path class="beyond" d={`M${x(to) - 7} ${y - 6}l6 6-6 6`} />}
      <path class="claim" d={`M${at} ${y - 9}l7 9-7 9-7-9z`} />
      <text class="lane-text" x={text} y={y + 5} text-anchor={anchor as 'start'}>
        {t('tl_event', { kind: t(`tl_${short(event)}`), at: clock(claim) })}
      </text>
    </g>
  )
}
