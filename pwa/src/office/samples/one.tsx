/** One sample: its seed, how far it is recorded, and its visits in the order in which they were drawn. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api, asProblem } from '../../api/client'
import { s } from '../../i18n/samples'
import { goBack, Link } from '../../router'
import { Button, dayClock, EmptyState, ErrorState, Loading, Notice, Progress, toast } from '../../ui'
import { Chips, PageHead, ProblemNotice, StaleNotice } from '../../ui/desk'
import { download } from '../files'
import { useRead } from '../load'
import { Facts } from './facts'
import { FoundList, LOOKS, toneOf } from './found'
import { How } from './how'
import { countOf, type Drawn, drawnOf, fits, lastOf, nextOpen, OUTCOMES, type Redraw, type SampleView, type Show } from './model'
import { RecordDialog } from './record'
import { periodText, scopeText } from './text'
import './samples.css'

const buttonOf = (visit: string) => `record-${visit}`

function Seed({ sample }: { sample: SampleView }) {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const fetching = useSignal(false)
  const found = useSignal<Redraw | null>(null)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(sample.seed)
      toast(s('copied'))
    } catch {
      toast(s('copy_failed'), { bad: true })
    }
  }
  const fetchPopulation = async () => {
    fetching.value = true
    failed.value = null
    try {
      await download(`/api/v1/review/samples/${sample.id}/population.txt`, `${s('population')}-${sample.since}.txt`)
    } catch (error) {
      failed.value = error
    }
    fetching.value = false
  }
  const again = async () => {
    busy.value = true
    failed.value = null
    try {
      found.value = await api.get<Redraw>(`/api/v1/review/samples/${sample.id}/again`)
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  const now = found.value
  const good = now?.same_draw && now.same_population
  return (
    <section class="card stack tight">
      <div class="row wrap spread">
        <span class="seed-line">
          <span class="soft">{s('seed')}</span>
          <code class="seed-code">{sample.seed}</code>
        </span>
        <span class="row wrap seed-do">
          <Button icon="file" onClick={() => void copy()}>
            {s('copy')}
          </Button>
          <Button icon="refresh" busy={busy.value} onClick={() => void again()}>
            {s('again')}
          </Button>
          <Button icon="download" busy={fetching.value} onClick={() => void fetchPopulation()}>
            {s('population')}
          </Button>
        </span>
      </div>
      <p class="soft num">
        {s('of', { n: sample.population, k: sample.items.length })} · {s('drawn_by', { by: sample.drawn_by, at: dayClock(sample.at) })}
      </p>
      <div aria-live="polite">
        {now && (
          <Notice tone={good ? 'good' : 'bad'} icon={good ? 'check' : 'warn'}>
            <p>{s(good ? 'again_same' : 'again_other', { n: sample.items.length })}</p>
            {now.no_longer + now.since_then > 0 && <p class="num">{s('again_since', { then: sample.population, gone: now.no_longer, more: now.since_then })}</p>}
          </Notice>
        )}
      </div>
      <ProblemNotice error={failed.value} />
      <How>
        <p class="soft">
          {s('mark')} <code class="seed-code">{sample.population_sha256}</code>
        </p>
      </How>
    </section>
  )
}

function DrawnItem({ item, onRecord }: { item: Drawn; onRecord: (() => void) | null }) {
  const { visit, inspections } = item
  const last = lastOf(item)
  const open = !last
  return (
    <li class={`card drawn ${last ? toneOf(last.outcome) : ''}`}>
      <span class="ordinal num" aria-label={s('number', { n: item.ordinal })} role="img">
        {item.ordinal}
      </span>
      <div class="drawn-text">
        <h2>{visit.elder.name}</h2>
        <Facts item={item} />
        {!open && <FoundList list={inspections} />}
      </div>
      <div class="drawn-do">
        {onRecord && (
          <Button id={buttonOf(visit.id)} kind={open ? 'primary' : 'plain'} onClick={onRecord} aria-label={`${s(open ? 'record' : 'again_record')} ${visit.elder.name}`}>
            {s(open ? 'record' : 'again_record')}
          </Button>
        )}
        <Link to={`/office/review/${visit.id}`} class="button plain" aria-label={`${s('look')} ${visit.elder.name}`}>
          {s('look')}
        </Link>
      </div>
    </li>
  )
}

export function SamplePage({ id }: { id: string }) {
  const read = useRead(id, (signal) => api.get<SampleView>(`/api/v1/review/samples/${encodeURIComponent(id)}`, {}, { signal }))
  const show = useSignal<Show>('all')
  const recording = useSignal<Drawn | null>(null)
  const next = useRef<string | null>(null)
  // The keyboard goes on with the next home, once the dialog has given back the focus.
  useEffect(() => {
    if (recording.value || !next.current) return
    document.getElementById(buttonOf(next.current))?.focus()
    next.current = null
  })
  const back = () => goBack('/office/samples')
  const sample = read.data.value
  if (!sample) {
    const error = read.error.value
    return (
      <div class="stack page">
        <PageHead title={s('title')} back={back} />
        {!error ? (
          <Loading />
        ) : asProblem(error).status === 404 ? (
          <EmptyState icon="search" title={s('gone')} />
        ) : (
          <ErrorState error={error} onRetry={() => void read.reload()} />
        )}
      </div>
    )
  }
  const drawn = drawnOf(sample)
  const shown = sample.items.filter((item) => fits(item, show.value))
  const shows: Show[] = ['all', 'open', ...OUTCOMES]
  const done = (now: SampleView | null) => {
    const at = recording.value?.visit.id ?? ''
    recording.value = null
    if (!now) return
    read.data.value = now
    toast(s('saved', { n: drawnOf(now) - now.open, all: drawnOf(now) }))
    next.current = nextOpen(now.items, at)
  }
  return (
    <div class="stack page">
      <PageHead title={periodText(sample, 'one_title')} note={scopeText(sample)} back={back} />
      {read.error.value ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      <section class="card">
        <Progress done={drawn - sample.open} total={drawn} label={s(sample.open ? 'recorded' : 'all_recorded')} />
      </section>
      {!sample.may_record && <Notice>{s('theirs')}</Notice>}
      {/* What was found may have opened a visit again: a check of before says nothing any more. */}
      <Seed key={sample.items.reduce((n, item) => n + item.inspections.length, 0)} sample={sample} />
      <Chips
        label={s('show')}
        value={show.value}
        onChange={(next) => (show.value = next)}
        chips={shows.map((value) =>
          value === 'all' || value === 'open'
            ? { value, label: s(`show_${value}`), count: countOf(sample, value) }
            : { value, label: s(`out_${value}`), count: countOf(sample, value), ...LOOKS[value] },
        )}
      />
      {shown.length ? (
        <ol class="stack tight">
          {shown.map((item) => (
            <DrawnItem key={item.visit.id} item={item} onRecord={sample.may_record ? () => (recording.value = item) : null} />
          ))}
        </ol>
      ) : (
        <EmptyState icon="counted" title={s('nothing')} />
      )}
      {recording.value && <RecordDialog sample={sample.id} item={recording.value} onClose={done} />}
    </div>
  )
}
