/** A month at a glance: a calendar in which each day shows how many visits were done, are coming, or did not happen. */
import { api } from '../api/client'
import { useSignal } from '@preact/signals'
import { family as t } from '../i18n/family'
import { Link } from '../router'
import { civilDay, civilDayName, ErrorState, Icon, Loading } from '../ui'
import { useLoad } from '../ui/use'
import { VisitCard } from './days'
import { Page, Whose } from './frame'
import { elder } from './state'
import type { Days, Month } from './wire'

type Look = 'done' | 'coming' | 'bad'
const LOOKS: Record<Look, readonly string[]> = { done: ['done', 'now'], coming: ['coming', 'late', 'unknown'], bad: ['missed', 'not_served'] }
const NAMES: readonly Look[] = ['done', 'coming', 'bad']

const sum = (counts: Record<string, number>, look: Look) => LOOKS[look].reduce((all, state) => all + (counts[state] ?? 0), 0)

/** `2026-11` moved by whole months. */
export function moved(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}

/** The days of a month in weeks that begin on Monday; null stands before the first and after the last. */
export function weeks(month: string): (string | null)[] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  const before = (first.getUTCDay() + 6) % 7
  const days: (string | null)[] = [...Array<null>(before).fill(null), ...Array.from({ length }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)]
  while (days.length % 7) days.push(null)
  return days
}

function DayVisits({ day }: { day: string }) {
  const id = elder.value?.id ?? ''
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 24 * 3600_000).toISOString().slice(0, 10)
  const { data, error, reload } = useLoad(`${id} ${day}`, (signal) => api.get<Days>(`/api/v1/family/elders/${id}/visits`, { since: day, until: next }, { signal }))
  return (
    <section class="stack tight">
      <h2>{civilDayName(day)}</h2>
      {error.value ? <ErrorState error={error.value} onRetry={() => void reload()} /> : !data.value ? <Loading /> : data.value.days.flatMap(({ visits }) => visits.map((visit) => <VisitCard key={visit.id} visit={visit} />))}
    </section>
  )
}

export function MonthPage({ month: given }: { month: string | null }) {
  const today = civilDay(Date.now())
  const month = given && /^\d{4}-(0[1-9]|1[0-2])$/.test(given) ? given : today.slice(0, 7)
  const chosen = useSignal<string | null>(null)
  const id = elder.value?.id ?? ''
  const { data, error, reload } = useLoad(`${id} ${month}`, (signal) => api.get<Month>(`/api/v1/family/elders/${id}/month`, { month }, { signal }))
  const counts = new Map(data.value?.days.map((one) => [one.day, one.counts]))
  const all = (look: Look) => [...counts.values()].reduce((total, one) => total + sum(one, look), 0)
  const [y, m] = month.split('-').map(Number) as [number, number]
  return (
    <Page title={elder.value?.name ?? t('title')} tabs>
      <Whose />
      <div class="row spread month-head">
        <Link to={`/family/month/${moved(month, -1)}`} class="button quiet" aria-label={t('month_prev')}>
          <Icon name="back" />
        </Link>
        <h2>{t('month_name', { y, m })}</h2>
        <Link to={`/family/month/${moved(month, 1)}`} class="button quiet" aria-label={t('month_next')}>
          <Icon name="next" />
        </Link>
      </div>
      {error.value ? (
        <ErrorState error={error.value} onRetry={() => void reload()} />
      ) : !data.value ? (
        <Loading />
      ) : (
        <>
          <div class="card">
            <p>{counts.size ? t('month_sum', { done: all('done'), coming: all('coming') }) : t('month_none')}</p>
            {all('bad') > 0 && <p class="bad-text">{t('month_bad', { n: all('bad') })}</p>}
          </div>
          <div class="calendar">
            {t('weekdays')
              .split(' ')
              .map((name, i) => (
                <span key={i} class="weekday" aria-hidden="true">
                  {name}
                </span>
              ))}
            {weeks(month).map((day, i) => {
              const of = day ? counts.get(day) : undefined
              if (!day) return <span key={i} />
              const number = Number(day.slice(8))
              if (!of) return <span key={day} class={day === today ? 'day is-today' : 'day'}>{number}</span>
              const visits = Object.values(of).reduce((total, n) => total + n, 0)
              return (
                <button
                  key={day}
                  type="button"
                  class={day === today ? 'day is-today' : 'day'}
                  aria-pressed={chosen.value === day}
                  aria-label={t('day_visits', { day: civilDayName(day), n: visits })}
                  onClick={() => (chosen.value = chosen.value === day ? null : day)}
                >
                  {number}
                  <span class="dots" aria-hidden="true">
                    {NAMES.flatMap((look) => Array.from({ length: Math.min(sum(of, look), 3) }, (_, n) => <i key={look + n} class={look} />))}
                  </span>
                </button>
              )
            })}
          </div>
          <ul class="legend">
            {NAMES.map((look) => (
              <li key={look}>
                <i class={look} aria-hidden="true" /> {t(`legend_${look}`)}
              </li>
            ))}
          </ul>
          {chosen.value && <DayVisits key={chosen.value} day={chosen.value} />}
        </>
      )}
    </Page>
  )
}
