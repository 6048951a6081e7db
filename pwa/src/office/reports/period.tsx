/** A period of civil days to choose, both ends counted as people count them. */
import type { Signal } from '@preact/signals'
import { p } from '../../i18n/reports'
import { Field } from '../../ui'
import { dayShift } from '../../dispatch/board'

export interface Period {
  since: string
  /** The last day that counts. */
  last: string
}

export const monthOf = (today: string): Period => ({ since: `${today.slice(0, 7)}-01`, last: today })
/** As the server takes it: the end is the first day after. */
export const wire = ({ since, last }: Period) => ({ since, until: dayShift(last, 1) })
export const isPeriod = ({ since, last }: Period): boolean => since !== '' && last !== '' && since <= last

export function PeriodFields({ period }: { period: Signal<Period> }) {
  return (
    <div class="row wrap">
      <Field label={p('since')}>
        {(tied) => <input {...tied} class="input" type="date" value={period.value.since} onChange={(event) => (period.value = { ...period.value, since: event.currentTarget.value })} />}
      </Field>
      <Field label={p('until')}>
        {(tied) => <input {...tied} class="input" type="date" value={period.value.last} onChange={(event) => (period.value = { ...period.value, last: event.currentTarget.value })} />}
      </Field>
    </div>
  )
}
