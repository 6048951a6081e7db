/** Figures that people look at: bars over time for each group, and the same as a table. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import { serviceName, type ServiceType } from '../../i18n/common'
import { findingText } from '../../i18n/remedies'
import { p } from '../../i18n/reports'
import { useRead } from '../load'
import { civilDay, EmptyState, ErrorState, Loading } from '../../ui'
import { Chips, PageHead, StaleNotice } from '../../ui/desk'
import { Bars, dayText } from './chart'
import { type Figures, percent, type Point, share, sum } from './numbers'
import { isPeriod, monthOf, type Period, PeriodFields, wire } from './period'
import './reports.css'

type By = 'none' | 'provider' | 'caregiver' | 'service_type'
type Step = 'day' | 'week' | 'month'
const BYS: readonly By[] = ['none', 'provider', 'caregiver', 'service_type']
const STEPS: readonly Step[] = ['day', 'week', 'month']
const MOST_CHARTS = 6

function Line({ name, figures }: { name: string; figures: Omit<Point, 'since'> }) {
  const { grades, satisfaction } = figures
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="num">{figures.visits}</td>
      <td class="num">
        {figures.completed} <small class="soft">{share(figures.completed, figures.visits)}</small>
      </td>
      <td class="num">{percent(figures.on_time_bp)}</td>
      <td class="num">{['A', 'B', 'C', 'D'].map((grade) => grades[grade] ?? 0).join(' / ')}</td>
      <td class="num">{figures.held}</td>
      <td class="num">
        {figures.manual} <small class="soft">{share(figures.manual, figures.completed)}</small>
      </td>
      <td class="num">{figures.rejected}</td>
      <td class="num">{satisfaction.n ? `${share(satisfaction.satisfied, satisfaction.n)} (${satisfaction.n})` : '—'}</td>
    </tr>
  )
}

function Head({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        {[first, p('col_visits'), p('col_done'), p('col_on_time'), p('col_grades'), p('col_held'), p('col_manual'), p('col_rejected'), p('col_satisfied')].map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function FiguresPage() {
  const period = useSignal<Period>(monthOf(civilDay(Date.now())))
  const by = useSignal<By>('none')
  const step = useSignal<Step>('week')
  const chosen = useSignal<string | null>(null)
  const asked = isPeriod(period.value) ? wire(period.value) : null
  const read = useRead(JSON.stringify([asked, by.value, step.value]), async (signal) => (asked ? api.get<Figures>('/api/v1/figures', { ...asked, by: by.value, step: step.value }, { signal }) : null))
  const codes = useRead(JSON.stringify(asked), async (signal) => (asked ? api.get<components['schemas']['CodeCounts']>('/api/v1/figures/codes', asked, { signal }) : null))
  const figures = read.data.value
  const named = (one: Figures['series'][number]) => (one.key ? serviceName(one.key as ServiceType) : one.name || p('by_none'))
  const series = [...(figures?.series ?? [])].sort((a, b) => sum(b.points).visits - sum(a.points).visits)
  const most = Math.max(1, ...(codes.data.value?.items ?? []).map((one) => one.visits))
  return (
    <div class="stack page">
      <PageHead title={p('figures_title')} note={p('figures_note')} />
      <PeriodFields period={period} />
      <Chips label={p('by')} value={by.value} onChange={(next) => (by.value = next)} chips={BYS.map((value) => ({ value, label: p(`by_${value}`) }))} />
      <Chips label={p('step')} value={step.value} onChange={(next) => (step.value = next)} chips={STEPS.map((value) => ({ value, label: p(`step_${value}`) }))} />
      {read.error.value && figures ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!asked ? (
        <EmptyState icon="calendar" title={p('choose_period')} />
      ) : !figures ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !series.length ? (
        <EmptyState icon="empty" title={p('nothing')} />
      ) : (
        <>
          <div class="charts">
            {series.slice(0, MOST_CHARTS).map((one) => (
              <section key={named(one)} class="card stack tight">
                <h2>{named(one)}</h2>
                <Bars name={named(one)} points={one.points} chosen={chosen.value} onChoose={(since) => (chosen.value = chosen.value === since ? null : since)} />
              </section>
            ))}
          </div>
          <div class="table-box" tabIndex={0} role="region" aria-label={p(`by_${by.value}`)}>
            <table>
              <Head first={p('col_name')} />
              <tbody>
                {series.map((one) => (
                  <Line key={named(one)} name={named(one)} figures={sum(chosen.value ? one.points.filter((point) => point.since === chosen.value) : one.points)} />
                ))}
              </tbody>
            </table>
          </div>
          {by.value === 'none' && series[0] && (
            <div class="table-box" tabIndex={0} role="region" aria-label={p('col_since')}>
              <table>
                <Head first={p('col_since')} />
                <tbody>
                  {series[0].points.map((point) => (
                    <Line key={point.since} name={dayText(point.since)} figures={point} />
                  ))}
                </tbody>
              </table>
            </div>
          )}
          <section class="card stack tight">
            <h2>{p('codes_title')}</h2>
            {!codes.data.value && (codes.error.value ? <ErrorState error={codes.error.value} onRetry={() => void codes.reload()} /> : <Loading />)}
            {codes.error.value && codes.data.value ? <StaleNotice error={codes.error.value} at={codes.at.value} onRetry={() => void codes.reload()} /> : null}
            {codes.data.value && !codes.data.value.items.length && <p class="soft">{p('codes_none')}</p>}
            <ul class="code-bars">
              {codes.data.value?.items.slice(0, 15).map((one) => (
                <li key={one.code}>
                  <span>{findingText(one.code)}</span>
                  <span class="code-bar" style={{ width: `${(one.visits / most) * 100}%` }} aria-hidden="true" />
                  <b class="num">{one.visits}</b>
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
    </div>
  )
}
