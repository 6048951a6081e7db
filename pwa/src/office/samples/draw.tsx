/** Drawing a sample: a period, how many, whose, and the seed that everybody may know. */
import { useSignal } from '@preact/signals'
import { api } from '../../api/client'
import type { Me } from '../../api/wire'
import { common } from '../../i18n/common'
import { s } from '../../i18n/samples'
import { navigate } from '../../router'
import { Button, civilDay, Dialog, Field, toast } from '../../ui'
import { Chips, Choices, ProblemNotice } from '../../ui/desk'
import { useRead } from '../load'
import type { Figures } from '../reports/numbers'
import { sum } from '../reports/numbers'
import { isPeriod, monthOf, type Period, PeriodFields, wire } from '../reports/period'
import { How } from './how'
import { drawnOf, lastMonth, type SampleView, SIZE, sizeOf } from './model'

type Quick = 'last_month' | 'this_month' | 'own'
type Seed = 'own' | 'public'

/** The providers that had visits in the period, of those that the account may see. */
function useProviders(many: boolean, asked: ReturnType<typeof wire> | null) {
  const read = useRead(many ? JSON.stringify(asked) : '', async (signal) => (many && asked ? api.get<Figures>('/api/v1/figures', { ...asked, by: 'provider', step: 'month' }, { signal }) : null))
  return (read.data.value?.series ?? []).flatMap(({ id, name, points }) => (id ? [{ id, name, visits: sum(points).visits }] : [])).sort((a, b) => b.visits - a.visits)
}

export function DrawDialog({ who, onClose }: { who: Me; onClose: () => void }) {
  const today = civilDay(Date.now())
  const periods: Record<Exclude<Quick, 'own'>, Period> = { last_month: lastMonth(today), this_month: monthOf(today) }
  const period = useSignal<Period>(periods.last_month)
  const provider = useSignal('')
  const size = useSignal(String(SIZE.usual))
  const seed = useSignal<Seed>('own')
  const text = useSignal('')
  const tried = useSignal(false)
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const asked = isPeriod(period.value) ? wire(period.value) : null
  const providers = useProviders(!who.provider, asked)
  const same = ({ since, last }: Period) => period.value.since === since && period.value.last === last
  const quick: Quick = same(periods.last_month) ? 'last_month' : same(periods.this_month) ? 'this_month' : 'own'
  const chosen = providers.some(({ id }) => id === provider.value) ? provider.value : ''
  const wrong = {
    period: asked ? null : s('need_period'),
    size: sizeOf(size.value) === null ? s('need_size') : null,
    seed: seed.value === 'public' && !text.value.trim() ? s('need_seed') : null,
  }

  async function draw() {
    tried.value = true
    if (!asked || wrong.size || wrong.seed) return
    busy.value = true
    failed.value = null
    try {
      const sample = await api.post<SampleView>('/api/v1/review/samples', {
        ...asked,
        size: sizeOf(size.value),
        seed: seed.value === 'public' ? text.value.trim() : null,
        provider_id: chosen || null,
      })
      toast(s('drawn', { n: drawnOf(sample) }))
      navigate(`/office/samples/${sample.id}`)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }

  return (
    <Dialog
      title={s('draw_title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button kind="primary" icon="counted" busy={busy.value} onClick={() => void draw()}>
            {s('go')}
          </Button>
        </>
      }
    >
      <Chips
        label={s('quick')}
        value={quick}
        onChange={(next) => next !== 'own' && (period.value = periods[next])}
        chips={(['last_month', 'this_month'] as const).map((value) => ({ value: value as Quick, label: s(value) }))}
      />
      <div class="field">
        <PeriodFields period={period} />
        {wrong.period && (
          <span class="error" role="alert">
            {wrong.period}
          </span>
        )}
      </div>
      {!who.provider && (
        <Field label={s('provider')}>
          {(tied) => (
            <select {...tied} class="input" value={chosen} onChange={(event) => (provider.value = event.currentTarget.value)}>
              <option value="">{s('everybody')}</option>
              {providers.map(({ id, name, visits }) => (
                <option key={id} value={id}>
                  {s('provider_n', { name, n: visits })}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field label={s('size')} hint={s('size_hint')} error={tried.value ? wrong.size : null}>
        {(tied) => <input {...tied} class="input short" inputMode="numeric" maxLength={4} value={size.value} onInput={(event) => (size.value = event.currentTarget.value)} />}
      </Field>
      <Choices
        legend={s('seed_legend')}
        value={seed.value}
        onChange={(next) => (seed.value = next)}
        options={(['own', 'public'] as const).map((value) => ({ value, label: s(`seed_${value}`), hint: s(`seed_${value}_hint`) }))}
      />
      {seed.value === 'public' && (
        <Field label={s('seed_text')} hint={s('seed_example')} error={tried.value ? wrong.seed : null}>
          {(tied) => <input {...tied} class="input" maxLength={100} autocomplete="off" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />}
        </Field>
      )}
      <p class="soft">{s('seed_note')}</p>
      <How />
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
