/** The queue: visits whose money waits for a person, what must be cleared up apart from what may be acknowledged. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { Grade, OpState } from '../../api/wire'
import { GradeMark } from '../../dispatch/states'
import { opName, serviceName, type ServiceType } from '../../i18n/common'
import { r } from '../../i18n/review'
import { findingText } from '../../i18n/remedies'
import { contentName } from '../../i18n/services'
import { Link } from '../../router'
import { civilDayName, dayClock, EmptyState, ErrorState, Icon, Loading, Tag } from '../../ui'
import { Chips, PageHead, SearchBox, StaleNotice } from '../../ui/desk'
import { useLive } from '../live'
import { More, usePages } from '../pages'
import type { Queue as Page, QueueItem } from './wire'
import '../../dispatch/dispatch.css'

type Group = 'all' | 'must_fix' | 'may_acknowledge'
export const causeName = (code: string): string => (code === 'GRADE' ? r('cause_grade') : findingText(code))

function Item({ item }: { item: QueueItem }) {
  const { visit } = item
  return (
    <li>
      <Link to={`/office/review/${visit.id}`} class={item.must_fix ? 'queue-item must' : 'queue-item'}>
        <span class="grow">
          <strong>
            {visit.elder.name} · {serviceName(visit.service_type as ServiceType)} {contentName(visit.content)}
          </strong>
          <span class="soft num">
            {dayClock(visit.started_at ?? visit.window_start)} · {visit.caregivers.map((one) => one.name).join('、') || '—'} · {visit.provider.name} · {visit.community}
          </span>
          <span class="tags">
            {/* The day by which to answer says it too. */}
            {item.codes.filter((code) => !(item.objection && code === 'FAMILY_OBJECTION')).map((code) => (
              <Tag key={code} tone={item.must_fix ? 'bad' : 'warn'} icon="shield">
                {causeName(code)}
              </Tag>
            ))}
            {!item.codes.length && <Tag icon="info">{r('cause_grade')}</Tag>}
            {item.objection && (
              <Tag tone="bad" icon="people">
                {item.objection.answer_due_on ? r('objection_due', { day: civilDayName(item.objection.answer_due_on) }) : findingText('FAMILY_OBJECTION')}
              </Tag>
            )}
            {item.asked && (
              <Tag tone={item.asked === 'answered' ? 'good' : 'info'} icon="call">
                {r(item.asked === 'answered' ? 'asked_answered' : 'asked_waiting')}
              </Tag>
            )}
          </span>
        </span>
        <span class="queue-side">
          <span>{opName(visit.op_state as OpState)}</span>
          {visit.grade && <GradeMark grade={visit.grade as Grade} />}
          <small class="soft">{r('since', { at: dayClock(item.since) })}</small>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  )
}

export function Queue() {
  const group = useSignal<Group>('all')
  const cause = useSignal<string>('')
  const words = useSignal('')
  const read = usePages(`${group.value} ${cause.value} ${words.value}`, (cursor, signal) =>
    api.search<Page>(
      '/api/v1/review/queue',
      words.value,
      { group: group.value === 'all' ? undefined : group.value, cause: cause.value || undefined, cursor },
      { signal },
    ),
  )
  useLive(/^(visit|feedback)\./, () => read.onFirstPage() && read.reload())
  const { page, items } = read
  const counts = page?.counts
  const narrowed = words.value !== '' || cause.value !== '' || group.value !== 'all'
  const causes = Object.entries(counts?.by_code ?? {}).sort(([, a], [, b]) => b - a)

  return (
    <div class="stack page">
      <PageHead title={r('queue_title')} note={r('queue_note')} />
      <Chips
        label={r('group')}
        value={group.value}
        onChange={(value) => (group.value = value)}
        chips={[
          { value: 'all', label: r('group_all'), count: counts ? counts.must_fix + counts.may_acknowledge : null },
          { value: 'must_fix', label: r('group_must_fix'), count: counts?.must_fix ?? null, tone: 'bad', icon: 'warn' },
          { value: 'may_acknowledge', label: r('group_may_acknowledge'), count: counts?.may_acknowledge ?? null, tone: 'warn', icon: 'shield' },
        ]}
      />
      <div class="row wrap">
        <SearchBox label={r('queue_search')} value={words.value} onSearch={(text) => (words.value = text)} />
        <label class="row">
          <span class="only-read">{r('cause')}</span>
          <select class="input" value={cause.value} onChange={(event) => (cause.value = event.currentTarget.value)}>
            <option value="">{r('cause_all')}</option>
            {causes.map(([code, n]) => (
              <option key={code} value={code}>
                {causeName(code)} ({n})
              </option>
            ))}
          </select>
        </label>
      </div>
      {read.error.value && page ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!page ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !items.length ? (
        <EmptyState icon={narrowed ? 'search' : 'counted'} title={r(narrowed ? 'queue_none' : 'queue_empty')}>
          {!narrowed && <p>{r('queue_empty_hint')}</p>}
        </EmptyState>
      ) : (
        <ul class="queue">
          {items.map((item) => (
            <Item key={item.visit.id} item={item} />
          ))}
        </ul>
      )}
      <More pages={read} label={r('more')} />
    </div>
  )
}
