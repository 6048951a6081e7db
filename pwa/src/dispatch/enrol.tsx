/** The one-time code that binds a phone to a caregiver: large, counted down, and told when it was used. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { api } from '../api/client'
import type { Caregiver, Enrolment, EnrolmentState } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { Button, Dialog, EmptyState, Loading, Notice } from '../ui'
import { ProblemNotice } from '../ui/desk'
import { useNow } from '../ui/use'
import { countdown, inFours } from './people'
import { asImage } from '../ui/image'

const POLL_MS = 2000

export function EnrolDialog({ person, onClose }: { person: Caregiver; onClose: (done: boolean) => void }) {
  const ticket = useSignal<Enrolment | null>(null)
  const state = useSignal<EnrolmentState['state']>('waiting')
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const lost = useSignal(false)
  const made = useRef(false)
  const make = async () => {
    if (busy.value) return
    busy.value = true
    failed.value = null
    try {
      ticket.value = await api.post<Enrolment>('/api/v1/enrolments', { caregiver_id: person.id })
      state.value = 'waiting'
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  useEffect(() => {
    // Somebody without a phone loses nothing: the code comes at once.
    if (!person.device && !made.current) void make()
    made.current = true
  }, [])
  const id = ticket.value?.id
  useEffect(() => {
    if (!id || state.value !== 'waiting') return
    const ask = async () => {
      try {
        state.value = (await api.get<EnrolmentState>(`/api/v1/enrolments/${id}`)).state
        lost.value = false
      } catch {
        lost.value = true
      }
      if (state.value === 'waiting') timer = setTimeout(() => void ask(), POLL_MS)
    }
    let timer = setTimeout(() => void ask(), POLL_MS)
    return () => clearTimeout(timer)
  }, [id, state.value])
  const used = state.value === 'used'
  const close = () => onClose(used)
  const shown = ticket.value
  return (
    <Dialog
      title={t('enrol_title', { name: person.name })}
      onClose={close}
      actions={
        used ? (
          <Button kind="primary" onClick={close}>
            {common('ok')}
          </Button>
        ) : (
          <>
            <Button onClick={close}>{shown ? common('close') : common('cancel')}</Button>
            {(!shown || state.value === 'expired') && (
              <Button kind="primary" icon="scan" busy={busy.value} onClick={() => void make()}>
                {t(shown ? 'enrol_new' : 'enrol_make')}
              </Button>
            )}
          </>
        )
      }
    >
      <ProblemNotice error={failed.value} />
      {!shown && busy.value && <Loading />}
      {!shown && person.device && <Notice tone="warn">{t('enrol_replaces', { name: person.name })}</Notice>}
      {shown && state.value === 'waiting' && <Code ticket={shown} name={person.name} onOver={() => (state.value = 'expired')} lost={lost.value} />}
      <div role="status">
        {used && (
          <EmptyState icon="counted" title={t('enrol_used')}>
            <p>{t('enrol_used_text', { name: person.name })}</p>
          </EmptyState>
        )}
        {shown && state.value === 'expired' && (
          <EmptyState icon="clock" title={t('enrol_expired')}>
            <p>{t('enrol_expired_text')}</p>
          </EmptyState>
        )}
      </div>
    </Dialog>
  )
}

function Code({ ticket, name, onOver, lost }: { ticket: Enrolment; name: string; onOver: () => void; lost: boolean }) {
  const now = useNow(1000)
  const left = Date.parse(ticket.expires_at) - now.value
  useEffect(() => {
    if (left <= 0) onOver()
  }, [left <= 0])
  return (
    <div class="enrol">
      <p>{t('enrol_steps')}</p>
      <ol class="steps">
        <li>{t('enrol_step_1')}</li>
        <li>{t('enrol_step_2')}</li>
        <li>{t('enrol_step_3')}</li>
      </ol>
      <img class="qr" src={asImage(ticket.qr_svg)} alt={t('enrol_qr_alt')} width="320" height="320" />
      <p class="secret">
        <span class="only-read">{t('enrol_secret')}</span>
        {inFours(ticket.secret).map((four, i) => (
          <span key={i}>{four}</span>
        ))}
      </p>
      <div class="row spread">
        <span class="row">
          <span class="spinner" aria-hidden="true" />
          <span role="status">{t('enrol_waiting')}</span>
        </span>
        <b class="num" role="timer">
          {t('enrol_left', { time: countdown(left) })}
        </b>
      </div>
      {lost && <Notice tone="warn">{t('enrol_poll_failed')}</Notice>}
      <p class="soft">{t('enrol_keep_private', { name })}</p>
    </div>
  )
}
