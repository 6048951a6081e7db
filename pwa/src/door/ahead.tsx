/** A day ahead, to look at only: when, who, what, where. */
import { door as t } from '../i18n/door'
import { contentName } from '../i18n/services'
import { EmptyState, Icon, Notice } from '../ui'
import { listed } from './days'
import { ServiceMark, windowText } from './parts'

export function Ahead({ day }: { day: string }) {
  const calls = listed.value.get(day) ?? []
  if (!calls.length) return <EmptyState icon="calendar" title={t('ahead_empty')} />
  return (
    <>
      <p class="soft">{t('ahead_hint')}</p>
      {calls.map(({ visit }) => (
        <article key={visit.id} class="call ahead">
          <span class="call-top">
            <span class="call-time num">{windowText(visit)}</span>
            <ServiceMark type={visit.service_type} />
          </span>
          <span>
            <strong class="call-name">{visit.elder.name}</strong> {visit.content && <span class="soft">{contentName(visit.content)}</span>}
          </span>
          <span class="call-place">{visit.household.address}</span>
          {visit.household.access_notes && (
            <span>
              <b>{t('access')}</b> {visit.household.access_notes}
            </span>
          )}
          {visit.carers_needed > 1 && (
            <span class="row">
              <Icon name="people" />
              {[t('colleagues'), visit.colleagues.join('、') || '—'].join(' ')}
            </span>
          )}
          {visit.risks.length > 0 && (
            <Notice tone="warn">
              <p>{visit.risks.join('、')}</p>
            </Notice>
          )}
        </article>
      ))}
    </>
  )
}
