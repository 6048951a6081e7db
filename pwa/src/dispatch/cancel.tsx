/** Cancelling a visit that has not begun: mostly because the elder does not want it. */
import { api } from '../api/client'
import type { Done, VisitRow } from '../api/wire'
import { t } from '../i18n/dispatch'
import { ReasonDialog } from './reason'

const REASONS = ['elder', 'family', 'hospital', 'provider', 'other'] as const

export function CancelDialog({ visit, onClose }: { visit: Pick<VisitRow, 'id'> & { elder: { name: string } }; onClose: (done: Done | null) => void }) {
  return (
    <ReasonDialog<Done>
      title={t('cancel_title', { elder: visit.elder.name })}
      reasons={REASONS.map((one) => ({ value: one, pair: t.table[`cancel_${one}`] }))}
      action={t('cancel_do')}
      away={t('cancel_keep')}
      reader={t('cancel_reader')}
      done={t('cancel_done')}
      save={(reason) => api.post<Done>(`/api/v1/visits/${visit.id}/cancel`, { reason })}
      onClose={onClose}
    >
      <p>{t('cancel_text')}</p>
    </ReasonDialog>
  )
}
