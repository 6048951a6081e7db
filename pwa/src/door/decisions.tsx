/** What the office decided about one's visits, in plain words: a question is answered here, a rejection objected to once. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { asProblem, type Problem } from '../api/client'
import { serviceName, type ServiceType } from '../i18n/common'
import { decisions as t } from '../i18n/decisions'
import { reasonName } from '../i18n/reasons'
import { contentName } from '../i18n/services'
import { Button, dayClock, EmptyState, ErrorState, Field, type IconName, Loading, Tag, toast } from '../ui'
import { answer, type Decision, decided, failed, readDecided } from './asked'
import { Screen } from './frame'
import './records.css'

const LONGEST = 500
const LOOKS: Record<string, { tone: 'good' | 'bad' | 'warn'; icon: IconName; word: 'accept' | 'reject' | 'ask' }> = {
  accept: { tone: 'good', icon: 'check', word: 'accept' },
  reject: { tone: 'bad', icon: 'cross', word: 'reject' },
  ask: { tone: 'warn', icon: 'call', word: 'ask' },
}

const whose = ({ elder, service_type, content, window_start }: Decision) =>
  `${elder} · ${serviceName(service_type as ServiceType)} ${contentName(content)} · ${dayClock(window_start)}`

function Card({ one, onSay }: { one: Decision; onSay: () => void }) {
  const question = one.decision === 'ask'
  const look = LOOKS[one.decision]
  return (
    <li class="card stack">
      {look && (
        <Tag tone={look.tone} icon={look.icon}>
          {t(look.word)}
        </Tag>
      )}
      <strong class="num">{whose(one)}</strong>
      {question && one.note ? (
        <p class="said">{one.note}</p>
      ) : (
        <>
          <p>{t('reason', { reason: reasonName(one.reason_code) })}</p>
          {one.note && <p>{t('note', { note: one.note })}</p>}
        </>
      )}
      <small class="soft num">{t('at', { at: dayClock(one.at) })}</small>
      {one.my_word && (
        <>
          <p>{t(question ? 'my_answer' : 'my_objection', { text: one.my_word })}</p>
          <p class="soft">{t('again')}</p>
        </>
      )}
      {question && !one.my_word && !one.may_answer && <p class="soft">{t('over')}</p>}
      {one.may_answer && (
        <Button kind="primary" big wide onClick={onSay}>
          {t('answer')}
        </Button>
      )}
      {one.may_object && (
        <>
          <Button wide onClick={onSay}>
            {t('object')}
          </Button>
          <small class="soft">{t('object_once')}</small>
        </>
      )}
    </li>
  )
}

/** One thing on the screen: the question once more, and room for the words. */
function Say({ one, onClose }: { one: Decision; onClose: () => void }) {
  const text = useSignal('')
  const busy = useSignal(false)
  const problem = useSignal<Problem | null>(null)
  const send = async () => {
    busy.value = true
    problem.value = null
    try {
      await answer(one.id, text.value.trim())
      toast(t('sent'))
      onClose()
    } catch (error) {
      problem.value = asProblem(error)
      if (problem.value.status === 409) void readDecided()
    }
    busy.value = false
  }
  return (
    <Screen
      title={t(one.may_answer ? 'answer_title' : 'object_title')}
      back={onClose}
      foot={
        <Button kind="primary" big wide icon="send" busy={busy.value} disabled={!text.value.trim()} onClick={() => void send()}>
          {t('send')}
        </Button>
      }
    >
      <p class="num">{whose(one)}</p>
      {one.note && <p class="said">{one.note}</p>}
      {problem.value && <ErrorState error={problem.value} />}
      <Field label={t(one.may_answer ? 'answer_title' : 'object_title')} hint={t('hint')}>
        {(tied) => <textarea {...tied} class="input" rows={5} maxLength={LONGEST} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
      </Field>
    </Screen>
  )
}

export function Decisions() {
  const saying = useSignal<string | null>(null)
  useEffect(() => void readDecided(), [])
  const list = decided.value
  const one = list?.find(({ id, may_answer, may_object }) => id === saying.value && (may_answer || may_object))
  if (one) return <Say key={one.id} one={one} onClose={() => (saying.value = null)} />
  return (
    <Screen title={t('title')} back="/door/records">
      {!list ? (
        failed.value ? (
          <ErrorState error={failed.value} onRetry={() => void readDecided()} />
        ) : (
          <Loading />
        )
      ) : !list.length ? (
        <EmptyState icon="records" title={t('none')}>
          <p>{t('none_hint')}</p>
        </EmptyState>
      ) : (
        <>
          <ul class="stack">
            {list.map((each) => (
              <Card key={each.id} one={each} onSay={() => (saying.value = each.id)} />
            ))}
          </ul>
          <p class="soft">{t('kept')}</p>
        </>
      )}
    </Screen>
  )
}
