/** What the desk has to look at: late, missed and unknown visits, people who do not answer. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { DeskItem } from '../../api/wire-reminders'
import { r } from '../../i18n/desk-reminders'
import { Link } from '../../router'
import { Button, EmptyState, Icon, type IconName } from '../../ui'
import { ProblemNotice } from '../../ui/desk'
import { when } from './calls'
import { desk, read } from './counts'

const LOOKS: Record<string, { icon: IconName; tone: string }> = {
  visit_late: { icon: 'warn', tone: 'warn' },
  visit_missed: { icon: 'cross', tone: 'bad' },
  visit_unknown: { icon: 'offline', tone: 'warn' },
  caregiver_unreached: { icon: 'call', tone: 'bad' },
}
const KINDS = ['visit_late', 'visit_missed', 'visit_unknown', 'caregiver_unreached'] as const

export function DeskList() {
  const items = desk.value ?? []
  const failed = useSignal<unknown>(null)
  const take = async ({ id }: DeskItem) => {
    failed.value = null
    desk.value = (desk.value ?? []).filter((one) => one.id !== id)
    try {
      await api.post(`/api/v1/reminders/${id}/acknowledge`)
    } catch (error) {
      failed.value = error
      await read()
    }
  }
  return (
    <>
      <ProblemNotice error={failed.value} />
      {items.length === 0 ? (
        <EmptyState icon="bell" title={r('desk_none')}>
          <p>{r('desk_none_hint')}</p>
        </EmptyState>
      ) : (
        <ul class="desk-list">
          {items.map((item) => (
            <Row key={item.id} item={item} onKnown={() => void take(item)} />
          ))}
        </ul>
      )}
    </>
  )
}

function Row({ item, onKnown }: { item: DeskItem; onKnown: () => void }) {
  const { kind, caregiver, window_start, visit_id } = item
  const look = LOOKS[kind] ?? { icon: 'bell' as const, tone: '' }
  const known = KINDS.find((one) => one === kind)
  return (
    <li class={`card desk-row ${look.tone}`}>
      <Icon name={look.icon} />
      <span class="grow">
        {window_start && <b class="num">{when(window_start)}</b>} {caregiver && <b>{caregiver.name}</b>} {known && r(`desk_${known}`)}
        <small class="soft num">{when(item.due_at)}</small>
      </span>
      <span class="row wrap">
        {kind === 'caregiver_unreached' && (
          <Link to="/dispatch/reminders" class="button plain small">
            {r('to_calls')}
          </Link>
        )}
        {visit_id && (
          <Link to={`/dispatch/visits/${visit_id}`} class="button plain small">
            {r('see_visit')}
          </Link>
        )}
        <Button class="small" icon="check" onClick={onKnown}>
          {r('known')}
        </Button>
      </span>
    </li>
  )
}
