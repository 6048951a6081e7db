/** What families said: objections and questions by the day on which they are due, and the office's answer. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { Me } from '../../api/wire'
import { common, serviceName, type ServiceType } from '../../i18n/common'
import { family } from '../../i18n/family'
import { r } from '../../i18n/review'
import { Link } from '../../router'
import { Button, civilDayName, dayClock, Dialog, EmptyState, ErrorState, Field, Loading, Tag, toast } from '../../ui'
import { Chips, Choices, PageHead, ProblemNotice, StaleNotice } from '../../ui/desk'
import { mayDecide } from '../access'
import { useLive } from '../live'
import { More, usePages } from '../pages'
import type { FeedbackItem, FeedbackList } from './wire'

type Shown = 'open' | 'closed' | 'all'
const PAGE = 100
type Outcome = 'upheld' | 'dismissed' | 'answered'

function title(item: FeedbackItem): string {
  if (item.kind === 'rate') return r('feedback_rate', { n: item.score ?? 0 })
  if (item.kind === 'object') return r('feedback_object', { reason: family(`reason_${item.reason ?? 'other'}` as 'reason_other') })
  return r(item.kind === 'ask' ? 'feedback_ask' : 'feedback_confirm')
}

function AnswerDialog({ item, onClose }: { item: FeedbackItem; onClose: (saved: boolean) => void }) {
  const objection = item.kind === 'object'
  const outcome = useSignal<Outcome | null>(objection ? null : 'answered')
  const text = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  async function send() {
    tried.value = true
    if (!outcome.value || !text.value.trim()) return
    busy.value = true
    failed.value = null
    try {
      await api.post(`/api/v1/feedback/${item.id}/answer`, { outcome: outcome.value, text: text.value.trim() })
      toast(r('answer_sent'))
      onClose(true)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={r('answer_title')}
      onClose={() => onClose(false)}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{common('cancel')}</Button>
          <Button kind="primary" icon="send" busy={busy.value} onClick={() => void send()}>
            {r('answer_send')}
          </Button>
        </>
      }
    >
      <p>
        <b>{title(item)}</b> {item.text}
      </p>
      {objection && (
        <div class="field">
          <Choices
            legend={r('answer_outcome')}
            value={outcome.value}
            onChange={(next) => (outcome.value = next)}
            options={(['dismissed', 'upheld'] as const).map((value) => ({ value, label: r(`answer_${value}`), hint: r(`answer_${value}_hint`) }))}
          />
          {tried.value && !outcome.value && (
            <span class="error" role="alert">
              {r('answer_choose')}
            </span>
          )}
        </div>
      )}
      <Field label={r('answer_text')} error={tried.value && !text.value.trim() ? r('answer_need') : null}>
        {(tied) => <textarea {...tied} class="input" rows={4} maxLength={1000} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
      </Field>
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}

export function FeedbackCard({ item, who, onChanged }: { item: FeedbackItem; who: Me; onChanged: () => void }) {
  const answering = useSignal(false)
  const open = (item.kind === 'object' || item.kind === 'ask') && !item.outcome
  return (
    <div class="card stack tight feedback">
      <span class="row wrap spread">
        <b>{title(item)}</b>
        {open && item.answer_due_on && (
          <Tag tone={item.overdue ? 'bad' : 'warn'} icon="clock">
            {r(item.overdue ? 'feedback_overdue' : 'feedback_due', { day: civilDayName(item.answer_due_on) })}
          </Tag>
        )}
        {item.outcome && <Tag tone="good">{family(`outcome_${item.outcome}` as 'outcome_answered')}</Tag>}
      </span>
      {item.text && <p>{item.text}</p>}
      <small class="soft num">{r('feedback_from', { name: item.member, relation: item.relation, at: dayClock(item.at) })}</small>
      {item.answer && <p>{r('feedback_answered', { by: item.answered_by ?? '', text: item.answer })}</p>}
      {open && mayDecide(who.role) && (
        <Button kind="primary" icon="send" onClick={() => (answering.value = true)}>
          {r('feedback_answer')}
        </Button>
      )}
      {answering.value && (
        <AnswerDialog
          item={item}
          onClose={(saved) => {
            answering.value = false
            if (saved) onChanged()
          }}
        />
      )}
    </div>
  )
}

export function FeedbackPage({ who }: { who: Me }) {
  const shown = useSignal<Shown>('open')
  const read = usePages(shown.value, (cursor, signal) =>
    api.get<FeedbackList>('/api/v1/feedback', { state: shown.value, limit: PAGE, cursor }, { signal }),
  )
  useLive(/^feedback\./, () => read.onFirstPage() && read.reload())
  const { page: list, items } = read

  return (
    <div class="stack page">
      <PageHead title={r('feedback_title')} note={r('feedback_note')} />
      <Chips
        label={r('group')}
        value={shown.value}
        onChange={(value) => (shown.value = value)}
        chips={[
          { value: 'open', label: r('feedback_open'), count: list?.open ?? null, tone: list?.overdue ? 'bad' : 'warn' },
          { value: 'closed', label: r('feedback_closed') },
          { value: 'all', label: r('feedback_all') },
        ]}
      />
      {read.error.value && list ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      {!list ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : !items.length ? (
        <EmptyState icon="counted" title={r(shown.value === 'open' ? 'feedback_empty' : `feedback_empty_${shown.value}`)} />
      ) : (
        <ul class="stack tight">
          {items.map((item) => (
            <li key={item.id}>
              <Link to={`/office/review/${item.visit.id}`} class="feedback-visit">
                {item.visit.elder.name} · {serviceName(item.visit.service_type as ServiceType)} · {dayClock(item.visit.started_at ?? item.visit.window_start)} · {item.visit.caregivers.join('、')}
              </Link>
              <FeedbackCard item={item} who={who} onChanged={() => void read.reload()} />
            </li>
          ))}
        </ul>
      )}
      <More pages={read} label={r('more')} />
    </div>
  )
}
