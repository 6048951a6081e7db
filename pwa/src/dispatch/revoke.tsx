/** Taking the trust from a phone, with the reason that is kept. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { Caregiver } from '../api/wire'
import { common } from '../i18n/common'
import { lang } from '../i18n'
import { t } from '../i18n/dispatch'
import { Button, Dialog, Field, Notice, toast } from '../ui'
import { Choices, ProblemNotice } from '../ui/desk'

const REASONS = ['lost', 'changed', 'left', 'misuse', 'other'] as const
type Reason = (typeof REASONS)[number]

export function RevokeDialog({ person, onClose }: { person: Caregiver; onClose: (done: boolean) => void }) {
  const reason = useSignal<Reason | null>(null)
  const text = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const wrong = reason.value === null ? t('revoke_need_reason') : reason.value === 'other' && !text.value.trim() ? t('revoke_need_text') : null
  const save = async () => {
    tried.value = true
    if (wrong || !person.device || !reason.value) return
    busy.value = true
    failed.value = null
    // The reason is kept for years and read by others: in Chinese, whatever this screen's language.
    const kept = reason.value === 'other' ? text.value.trim() : t.table[`revoke_${reason.value}`][0]
    try {
      await api.post(`/api/v1/devices/${person.device.id}/revoke`, { reason: kept })
      toast(t('revoke_done', { name: person.name }))
      onClose(true)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={t('revoke_title', { name: person.name })}
      onClose={() => onClose(false)}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{common('cancel')}</Button>
          <Button kind="danger" busy={busy.value} onClick={() => void save()}>
            {t('revoke_do')}
          </Button>
        </>
      }
    >
      <Notice tone="warn">{t('revoke_text')}</Notice>
      <p>{t('revoke_unsent')}</p>
      <div class="field">
        <Choices
          compact
          legend={t('revoke_reason')}
          options={REASONS.map((one) => ({ value: one, label: t(`revoke_${one}`) }))}
          value={reason.value}
          onChange={(next) => (reason.value = next)}
        />
        {tried.value && wrong && reason.value !== 'other' && (
          <span class="error" role="alert">
            {wrong}
          </span>
        )}
      </div>
      {reason.value === 'other' && (
        <Field label={t('revoke_other_text')} error={tried.value ? wrong : null}>
          {(tied) => <input {...tied} class="input" maxLength={100} lang={lang.value} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
        </Field>
      )}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
