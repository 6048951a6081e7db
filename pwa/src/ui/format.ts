/** Instants, days and lengths of time in words. Everybody reads the time of China, whatever the phone is set to. */
import { lang } from '../i18n'
import { common } from '../i18n/common'

const ZONE = 'Asia/Shanghai'
const made = new Map<string, Intl.DateTimeFormat>()

function format(options: Intl.DateTimeFormatOptions, value: string | number | Date): string {
  const locale = lang.value === 'zh' ? 'zh-CN' : 'en-GB'
  const key = locale + JSON.stringify(options)
  let maker = made.get(key)
  if (!maker) made.set(key, (maker = new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options })))
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? '—' : maker.format(date)
}

/** 08:05 */
export const clock = (at: string | number | Date) => format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, at)
/** 08:05:09 */
export const clockSeconds = (at: string | number | Date) =>
  format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, at)
/** 11月21日 */
export const monthDay = (at: string | number | Date) => format({ month: 'short', day: 'numeric' }, at)
/** 11月21日 星期六 */
export const dayName = (at: string | number | Date) => format({ month: 'long', day: 'numeric', weekday: 'long' }, at)
/** 周六 */
export const weekday = (day: string) => format({ weekday: 'short' }, `${day}T12:00:00+08:00`)
/** 2026/11/21 */
export const fullDay = (at: string | number | Date) => format({ year: 'numeric', month: '2-digit', day: '2-digit' }, at)
/** 11月21日 08:05 */
export const dayClock = (at: string | number | Date) => `${monthDay(at)} ${clock(at)}`

/** The civil date in China, as YYYY-MM-DD. */
export function civilDay(at: string | number | Date): string {
  // China keeps no summer time; what a browser's `Intl` writes for a locale changes from version to version.
  return new Date(new Date(at).getTime() + 8 * 3600_000).toISOString().slice(0, 10)
}

/** A civil date (no instant) in figures: 2026/11/21. */
export const civilDayFull = (day: string) => fullDay(`${day}T12:00:00+08:00`)
/** A civil date (no instant) as words. */
export const civilDayName = (day: string) => dayName(`${day}T12:00:00+08:00`)

/** 1 小时 05 分 */
export function minutesText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours ? common('hours_minutes', { h: hours, m: rest }) : common('minutes', { m: rest })
}

/** Money is whole fen on the wire. */
export const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`
