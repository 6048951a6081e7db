/** The samples that were drawn, the newest first, each with how far it is recorded. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { Me } from '../../api/wire'
import { s } from '../../i18n/samples'
import { Link } from '../../router'
import { Button, dayClock, EmptyState, ErrorState, Icon, Loading, Progress, Tag } from '../../ui'
import { PageHead, StaleNotice } from '../../ui/desk'
import { More, usePages } from '../pages'
import { DrawDialog } from './draw'
import { How } from './how'
import { drawnOf, type Sample, type SampleList, wrongOf } from './model'
import { periodText, scopeText } from './text'
import './samples.css'

function Item({ sample }: { sample: Sample }) {
  const drawn = drawnOf(sample)
  const [wrong, unreached] = [wrongOf(sample), sample.outcomes.not_reached ?? 0]
  return (
    <li>
      <Link to={`/office/samples/${sample.id}`} class="sample-item">
        <span class="sample-text">
          <strong class="num">{periodText(sample)}</strong>
          <span>
            {scopeText(sample)} · <span class="num">{s('of', { n: sample.population, k: drawn })}</span>
          </span>
          <span class="soft num">{s('drawn_by', { by: sample.drawn_by, at: dayClock(sample.at) })}</span>
          <span class="soft seed">
            {s('seed')} <code>{sample.seed}</code>
          </span>
        </span>
        <span class="sample-side">
          <Progress done={drawn - sample.open} total={drawn} label={s(sample.open ? 'recorded' : 'all_recorded')} />
          <span class="tags">
            {wrong > 0 && (
              <Tag tone="bad" icon="warn">
                {s('wrong', { n: wrong })}
              </Tag>
            )}
            {unreached > 0 && (
              <Tag tone="warn" icon="call">
                {s('not_reached_n', { n: unreached })}
              </Tag>
            )}
          </span>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  )
}

export function Samples({ who }: { who: Me }) {
  const drawing = useSignal(false)
  const read = usePages('samples', (cursor, signal) => api.get<SampleList>('/api/v1/review/samples', { cursor }, { signal }))
  const { page, items } = read
  const draw = (
    <Button kind="primary" icon="plus" onClick={() => (drawing.value = true)}>
      {s('draw')}
    </Button>
  )

  return (
    <div class="stack page">
      <PageHead title={s('title')} note={s('note')}>
        {items.length > 0 && draw}
      </PageHead>
      {read.error.value && page ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!page ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : (
        <>
          {items.length ? (
            <ul class="samples">
              {items.map((sample) => (
                <Item key={sample.id} sample={sample} />
              ))}
            </ul>
          ) : (
            <EmptyState icon="counted" title={s('none')}>
              <p>{s('none_hint')}</p>
              {draw}
            </EmptyState>
          )}
          <More pages={read} label={s('more')} />
          <How open={!items.length} />
        </>
      )}
      {drawing.value && <DrawDialog who={who} onClose={() => (drawing.value = false)} />}
    </div>
  )
}
