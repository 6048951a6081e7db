/** Texts that the gateway would not take: sent again or put away, by a manager. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { DeadLetter } from '../../api/wire-reminders'
import { r } from '../../i18n/desk-reminders'
import { useRead } from '../../office/load'
import { Link } from '../../router'
import { Button, EmptyState, ErrorState, Loading, Tag, toast } from '../../ui'
import { ProblemNotice } from '../../ui/desk'
import { when } from './calls'

export function Dead() {
  const list = useRead('dead', (signal) => api.get<{ items: DeadLetter[] }>('/api/v1/gateway/dead', {}, { signal }))
  const busy = useSignal<string | null>(null)
  const failed = useSignal<unknown>(null)
  const run = async ({ id }: DeadLetter, again: boolean) => {
    busy.value = id
    failed.value = null
    try {
      if (again) await api.post(`/api/v1/gateway/${id}/again`)
      else await api.del(`/api/v1/gateway/${id}`)
      toast(r(again ? 'dead_sent' : 'dead_dropped'))
    } catch (error) {
      failed.value = error
    }
    await list.reload()
    busy.value = null
  }
  const items = list.data.value?.items
  if (!items) return list.error.value ? <ErrorState error={list.error.value} onRetry={() => void list.reload()} /> : <Loading />
  return (
    <>
      <ProblemNotice error={failed.value} />
      {items.length === 0 && (
        <EmptyState icon="send" title={r('dead_none')}>
          <p>{r('dead_none_hint')}</p>
        </EmptyState>
      )}
      <ul class="desk-list">
        {items.map((one) => (
          <li key={one.id} class="card desk-row">
            <span class="grow">
              <b>{one.caregiver.name}</b> {r(`kind_${one.kind}`)} {one.useless && <Tag>{r('dead_over')}</Tag>}
              <small class="soft num">
                {[
                  when(one.changed_at),
                  r('dead_tries', { n: one.attempts }),
                  one.status === null ? r('dead_silent') : r('dead_status', { status: one.status }),
                ].join(' · ')}
              </small>
            </span>
            <span class="row wrap">
              {one.visit_id && (
                <Link to={`/dispatch/visits/${one.visit_id}`} class="button plain small">
                  {r('see_visit')}
                </Link>
              )}
              {!one.useless && (
                <Button class="small" icon="send" busy={busy.value === one.id} onClick={() => void run(one, true)}>
                  {r('dead_again')}
                </Button>
              )}
              <Button class="small" disabled={busy.value === one.id} onClick={() => void run(one, false)}>
                {r('dead_drop')}
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
