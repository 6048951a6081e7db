/** Taking the trust from a phone, with the reason that is kept. */
import { api } from '../api/client'
import type { Caregiver } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { Notice } from '../ui'
import { ReasonDialog } from './reason'

const REASONS = ['lost', 'changed', 'left', 'misuse', 'other'] as const

export function RevokeDialog({ person, device_id, onClose }: { person: Caregiver; device_id: string; onClose: (done: boolean) => void }) {
  return (
    <ReasonDialog<true>
      title={t('revoke_title', { name: person.name })}
      reasons={REASONS.map((one) => ({ value: one, pair: t.table[`revoke_${one}`] }))}
      action={t('revoke_do')}
      away={common('cancel')}
      done={t('revoke_done', { name: person.name })}
      save={async (reason) => {
        await api.post(`/api/v1/devices/${device_id}/revoke`, { reason })
        return true
      }}
      onClose={(done) => onClose(done === true)}
    >
      <Notice tone="warn">{t('revoke_text')}</Notice>
      <p>{t('revoke_unsent')}</p>
    </ReasonDialog>
  )
}
