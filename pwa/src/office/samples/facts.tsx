/** What one asks about: the visit as it was recorded, and the number to call. */
import type { VerifyState } from '../../api/wire'
import { serviceName, type ServiceType } from '../../i18n/common'
import { s } from '../../i18n/samples'
import { contentName } from '../../i18n/services'
import { civilDay, civilDayName, clock, Icon, Tag } from '../../ui'
import type { Drawn } from './model'

const VERIFIED: readonly VerifyState[] = ['verified', 'auto_verified']
const WHOLE = /^\+?[\d\- ]+$/

export function Facts({ item: { visit, contact } }: { item: Drawn }) {
  const [from, to] = [visit.started_at ?? visit.window_start, visit.ended_at ?? visit.window_end]
  return (
    <div class="asked">
      <span>
        {serviceName(visit.service_type as ServiceType)} {contentName(visit.content)} · {visit.caregivers.map((one) => one.name).join('、') || '—'}
      </span>
      <span class="num">
        {civilDayName(civilDay(from))} {clock(from)}–{clock(to)}
      </span>
      <span class="soft">{[visit.provider.name, visit.community].filter(Boolean).join(' · ')}</span>
      {!contact ? (
        <span class="soft">{s('no_phone')}</span>
      ) : WHOLE.test(contact) ? (
        <a class="call num" href={`tel:${contact.replace(/[^\d+]/g, '')}`}>
          <Icon name="call" /> {contact}
        </a>
      ) : (
        <span class="soft num">{contact}</span>
      )}
      {!VERIFIED.includes(visit.verify_state as VerifyState) && (
        <span>
          <Tag tone="warn" icon="undo">
            {s('reopened')}
          </Tag>
        </span>
      )}
    </div>
  )
}
