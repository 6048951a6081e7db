/** The reminders of one visit: to whom, by which way, what came of each try, and who has acknowledged. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../../api/client'
import { hearAll } from '../../api/live'
import type { Attempt, LedgerItem, ReminderState } from '../../api/wire-reminders'
import { r } from '../../i18n/desk-reminders'
import { useRead } from '../../office/load'
import { Button, Icon, type IconName, Tag } from '../../ui'
import { ProblemNotice } from '../../ui/desk'
import { when } from './calls'
import './reminders.css'

const GATHER_MS = 800
const TONES: Record<ReminderState, '' | 'good' | 'warn' | 'bad' | 'info'> = {
  planned: '',
  sent: 'info',
  acknowledged: 'good',
  called: 'good',
  replaced: '',
  cancelled: '',
  expired: 'warn',
}
const CHANNELS = ['push', 'stream', 'calendar', 'gateway', 'call'] as const
const CHANNEL_ICONS: Record<(typeof CHANNELS)[number], IconName> = { push: 'bell', stream: 'phone', calendar: 'calendar', gateway: 'send', call: 'call' }
const OUTCOMES = ['accepted', 'gone', 'forbidden', 'later', 'failed', 'timed_out', 'not_allowed', 'too_long', 'no_channel'] as const
const BY = ['service_worker', 'app', 'call'] as const

interface Page {
  items: LedgerItem[]
  next: string | null
}

export function Ledger({ visit_id }: { visit_id: string }) {
  const read = useRead(visit_id, (signal) => api.get<Page>('/api/v1/reminders', { visit_id }, { signal }))
  const more = useSignal<Page | null>(null)
  const failed = useSignal<unknown>(null)
  const reload = useRef(read.reload)
  reload.current = read.reload
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = hearAll(({ kind, subject }) => {
      if (subject !== visit_id && !kind.startsWith('reminder.')) return
      clearTimeout(timer)
      timer = setTimeout(() => void reload.current(), GATHER_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [visit_id])
  const first = read.data.value
  const items = [...(first?.items ?? []), ...(more.value?.items ?? [])]
  const next = more.value ? more.value.next : (first?.next ?? null)
  const earlier = async () => {
    failed.value = null
    try {
      const got = await api.get<Page>('/api/v1/reminders', { visit_id, cursor: next })
      more.value = { items: [...(more.value?.items ?? []), ...got.items], next: got.next }
    } catch (error) {
      failed.value = error
    }
  }
  return (
    <section class="card stack tight">
      <h2>{r('ledger')}</h2>
      <ProblemNotice error={read.error.value ?? failed.value} />
      {first && items.length === 0 && <p class="soft">{r('ledger_none')}</p>}
      <ol class="ledger">
        {items.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ol>
      {next && (
        <Button class="small" onClick={() => void earlier()}>
          {r('ledger_more')}
        </Button>
      )}
    </section>
  )
}

function toText({ audience, person }: LedgerItem): string {
  if (audience === 'family') return r('to_family')
  return audience === 'dispatcher' || !person ? r('to_desk') : r('to_person', { name: person.name })
}

export function stateText({ state, due_at, acknowledged_at }: Pick<LedgerItem, 'state' | 'due_at' | 'acknowledged_at'>): string {
  const at = when(state === 'planned' ? due_at : (acknowledged_at ?? due_at))
  return r(`state_${state}`, { at })
}

export function attemptText({ channel, at, outcome, status, host }: Attempt): string {
  const by = CHANNELS.find((one) => one === channel)
  const said = OUTCOMES.find((one) => one === outcome)
  const spoke = channel === 'call' ? (outcome === 'accepted' ? r('out_call_accepted') : r('out_call_failed')) : null
  const end = [host, status].filter(Boolean).join(' ')
  return [when(at), by ? r(`ch_${by}`) : channel, spoke ?? (said ? r(`out_${said}`) : outcome), end && `(${end})`].filter(Boolean).join(' ')
}

function Row({ item }: { item: LedgerItem }) {
  const { kind, state, shown_at, attempts, acknowledged_by } = item
  const by = BY.find((one) => one === acknowledged_by)
  return (
    <li>
      <div class="row wrap ledger-head">
        <b>{r(`kind_${kind}`)}</b> <span>{toText(item)}</span>
        <Tag tone={TONES[state]}>
          <span class="num">{stateText(item)}</span>
        </Tag>
      </div>
      {attempts.map((one, i) => (
        <small key={i} class="soft num with-icon">
          <Icon name={CHANNEL_ICONS[one.channel as (typeof CHANNELS)[number]] ?? 'info'} />
          {attemptText(one)}
        </small>
      ))}
      {(shown_at || (state === 'acknowledged' && by)) && (
        <small class="soft num with-icon">
          <Icon name="phone" />
          {[shown_at && r('shown', { at: when(shown_at) }), state === 'acknowledged' && by && r(`by_${by}`)].filter(Boolean).join(' · ')}
        </small>
      )}
    </li>
  )
}
