/** The elders of the scope, to be found by name, initials, address or the end of the telephone number. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import { f, statusName } from '../../i18n/folk'
import { More, usePages } from '../../office/pages'
import { Link } from '../../router'
import { EmptyState, ErrorState, Icon, Loading, Tag } from '../../ui'
import { dayClock } from '../../ui/format'
import { PageHead, SearchBox, StaleNotice } from '../../ui/desk'
import './folk.css'

type Page = components['schemas']['ElderPage']

export function Elders() {
  const words = useSignal('')
  const read = usePages(`elders ${words.value}`, (cursor, signal) => api.search<Page>('/api/v1/elders', words.value, { cursor }, { signal }))
  const { page, items } = read
  return (
    <div class="stack page">
      <PageHead title={f('elders_title')} />
      <div class="toolbar">
        <SearchBox label={f('elders_search')} value={words.value} onSearch={(text) => (words.value = text)} />
      </div>
      {read.error.value && page ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!page ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !items.length ? (
        <EmptyState icon="search" title={f('elders_none')}>
          <p>{f('elders_none_hint')}</p>
        </EmptyState>
      ) : (
        <ul class="folk">
          {items.map((one) => (
            <li key={one.id}>
              <Link to={`/dispatch/elders/${one.id}`} class="folk-row">
                <span class="grow">
                  <strong>{one.name}</strong> <span class="soft num">{f('age', { n: one.age })}</span>
                  <small class="soft">{one.address}</small>
                  <span class="tags">
                    {one.statuses.map((kind) => (
                      <Tag key={kind} tone={['deceased', 'hospital_stay', 'away', 'respite_stay', 'welfare_institution'].includes(kind) ? 'warn' : ''}>
                        {statusName(kind)}
                      </Tag>
                    ))}
                  </span>
                </span>
                <span class="folk-side">
                  <span>{one.plan ? f('plan_version', { n: one.plan.version }) : f('no_plan')}</span>
                  <small class="soft num">{one.next_visit_at ? f('next_visit', { at: dayClock(one.next_visit_at) }) : f('no_next')}</small>
                </span>
                <Icon name="next" />
              </Link>
            </li>
          ))}
        </ul>
      )}
      <More pages={read} label={f('more')} />
    </div>
  )
}
