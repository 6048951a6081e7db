/** All records of the caregiver by month and day: how far they have come, what was refused, and handing them in. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { decisions } from '../i18n/decisions'
import { door } from '../i18n/door'
import { records as t } from '../i18n/records'
import { entries, type Entry } from '../outbox'
import { windowsOpen } from '../outbox/windows'
import { Link } from '../router'
import { type RecordWord, WORDS, wordOf } from '../rules/words'
import { Button, civilDay, civilDayName, EmptyState, Icon, Notice } from '../ui'
import { OutboxBar, Screen } from './frame'
import { RecordCard } from './record-card'
import { verifyOf } from './state'
import './records.css'

export type Filter = 'all' | RecordWord | 'refused'
const FILTERS: readonly Filter[] = [...WORDS, 'refused']

export const filterOf = (entry: Entry): Exclude<Filter, 'all'> => {
  const { word, refused } = wordOf(entry, verifyOf)
  return refused ? 'refused' : word
}

export function countWords(list: readonly Entry[]): Record<Exclude<Filter, 'all'>, number> {
  const counts = { on_phone: 0, reached: 0, accepted: 0, counted: 0, refused: 0 }
  for (const entry of list) counts[filterOf(entry)]++
  return counts
}

const dayOf = (entry: Entry) => civilDay(entry.event.claimed_at)
const monthOf = (entry: Entry) => dayOf(entry).slice(0, 7)

function monthName(month: string): string {
  const [y = '', m = ''] = month.split('-')
  return t('month_name', { y, m: Number(m) })
}

/** One record that was not sent or not taken can be carried to the office. */
function Card({ entry }: { entry: Entry }) {
  return (
    <RecordCard entry={entry}>
      {entry.proofs && entry.state !== 'answered' && <p>{t('again')}</p>}
      {entry.state !== 'answered' && (
        <Link to={`/door/records/${entry.event_id}/hand-in`} class="button plain wide">
          <Icon name="upload" />
          {t('hand_in_one')}
        </Link>
      )}
    </RecordCard>
  )
}

function Windows() {
  const windows = useSignal(1)
  useEffect(() => void windowsOpen().then((n) => (windows.value = n)), [])
  if (windows.value < 2) return null
  return (
    <Notice>
      <p>{t('tabs', { n: windows.value })}</p>
    </Notice>
  )
}

const SHOWN = 40

export function Records() {
  const month = useSignal<string | null>(null)
  const filter = useSignal<Filter>('all')
  const limit = useSignal(SHOWN)
  const list = [...entries.value].reverse()
  const months = [...new Set([civilDay(Date.now()).slice(0, 7), ...list.map(monthOf)])].sort().reverse()
  const chosen = month.value ?? months[0] ?? ''
  const ofMonth = list.filter((entry) => monthOf(entry) === chosen)
  const counts = countWords(ofMonth)
  const fitting = filter.value === 'all' ? ofMonth : ofMonth.filter((entry) => filterOf(entry) === filter.value)
  const shown = fitting.slice(0, limit.value)
  const refused = list.filter((entry) => filterOf(entry) === 'refused').length
  const waiting = list.some((entry) => entry.state !== 'answered')
  const pick = (one: Filter) => {
    filter.value = filter.value === one ? 'all' : one
    limit.value = SHOWN
  }
  return (
    <Screen title={door('records_title')} nav>
      <OutboxBar />
      <Windows />
      {refused > 0 && filter.value !== 'refused' && (
        <Notice tone="bad">
          <p>
            <strong>{t('refused_title', { n: refused })}</strong>
          </p>
          <p>{t('refused_hint')}</p>
        </Notice>
      )}
      {!list.length ? (
        <EmptyState icon="records" title={door('records_empty')}>
          <p>{door('records_empty_hint')}</p>
        </EmptyState>
      ) : (
        <>
          {months.length > 1 && (
            <label class="month">
              <span>{t('months')}</span>
              <select value={chosen} onChange={(event) => (month.value = event.currentTarget.value)}>
                {months.map((one) => (
                  <option key={one} value={one}>
                    {monthName(one)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <div class="counts" role="group" aria-label={t('counts')}>
            {FILTERS.filter((one) => one !== 'refused' || counts.refused > 0).map((one) => (
              <button key={one} type="button" class={`count ${one}`} aria-pressed={filter.value === one} onClick={() => pick(one)}>
                <b class="num">{counts[one as Exclude<Filter, 'all'>]}</b>
                <span>{common(`word_${one as Exclude<Filter, 'all'>}`)}</span>
              </button>
            ))}
          </div>
          {filter.value !== 'all' && (
            <div class="row spread">
              <span>{t('only_these', { what: common(`word_${filter.value}`), n: fitting.length })}</span>
              <Button onClick={() => (filter.value = 'all')}>{t('show_all')}</Button>
            </div>
          )}
        </>
      )}
      <Link to="/door/decisions" class="button plain wide">
        <Icon name="shield" />
        {decisions('link')}
      </Link>
      {list.length > 0 && !ofMonth.length && <p class="soft">{t('none_here')}</p>}
      {[...new Set(shown.map(dayOf))].map((day) => {
        const ofDay = fitting.filter((entry) => dayOf(entry) === day)
        const words = countWords(ofDay)
        return (
          <section key={day} class="stack">
            <h2 class="day-head">{civilDayName(day)}</h2>
            <p class="day-counts num">
              {[
                t('day_count', { n: ofDay.length }),
                ...FILTERS.filter((one) => words[one as keyof typeof words]).map((one) => `${common(`word_${one as keyof typeof words}`)} ${words[one as keyof typeof words]}`),
              ].join(' · ')}
            </p>
            {shown
              .filter((entry) => dayOf(entry) === day)
              .map((entry) => (
                <Card key={entry.event_id} entry={entry} />
              ))}
          </section>
        )
      })}
      {fitting.length > shown.length && (
        <Button wide onClick={() => (limit.value += SHOWN)}>
          {common('more')}
        </Button>
      )}
      {list.length > 0 && (
        <section class="card stack">
          <h2>{t('hand_in')}</h2>
          <p>{t(waiting ? 'hand_in_hint' : 'hand_in_nothing_hint')}</p>
          <Link to="/door/records/hand-in" class="button plain wide">
            <Icon name="upload" />
            {t('hand_in')}
          </Link>
        </section>
      )}
    </Screen>
  )
}
