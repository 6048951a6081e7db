/** What is due, as strips on the first screen: each says what to do and goes away with one tap. And, once, the offer to be reminded. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ReminderItem, ReminderKind } from '../api/wire-reminders'
import { lang } from '../i18n'
import { decisions } from '../i18n/decisions'
import { reminders as t } from '../i18n/reminders'
import { entries } from '../outbox'
import { dayText } from '../push/message'
import { shouldAsk } from '../push/states'
import { stand } from '../push/stand'
import { keep, kept, withPushDb } from '../push/store'
import { Link, navigate } from '../router'
import { wordOf } from '../rules/words'
import { Button, civilDay, clock, Icon, type IconName } from '../ui'
import { asked } from './asked'
import { acknowledge, due, noteShown } from './due'
import { calls, callOf, verifyOf } from './state'
import './reminders.css'

export { startDue } from './due'

const MOST = 3
const ICONS: Partial<Record<ReminderKind, IconName>> = {
  next_call: 'clock',
  not_checked_in: 'scan',
  still_open: 'signout',
  visit_changed: 'calendar',
  records_waiting: 'send',
  certificate_ending: 'card',
  test: 'bell',
}
const NAMED = ['next_call', 'not_checked_in', 'still_open', 'visit_changed'] as const

/** What runs out is of use to the end of its last day. */
const lastMoment = (useless_at: string) => Date.parse(useless_at) - 1

/** On the person's own phone the name may be said, as long as the phone knows it. */
function stripText({ kind, visit_id, at, useless_at }: ReminderItem): string {
  const time = at ? clock(at) : ''
  const call = visit_id ? callOf(visit_id) : undefined
  const named = NAMED.find((one) => one === kind)
  if (call && named) return t(`due_${named}`, { name: call.visit.elder.name, at: time })
  return t(`push_${kind}`, { at: time, day: dayText(civilDay(at ?? lastMoment(useless_at)), lang.value) }).trim()
}

function Strip({ item }: { item: ReminderItem }) {
  const { kind, visit_id } = item
  const urgent = kind === 'not_checked_in' || kind === 'still_open'
  const text = stripText(item)
  const words = (
    <>
      <Icon name={ICONS[kind] ?? 'bell'} />
      <strong class="grow num">{text}</strong>
    </>
  )
  const to = kind === 'records_waiting' ? '/door/records' : visit_id && callOf(visit_id) ? `/door/visit/${visit_id}` : null
  return (
    <li class={urgent ? 'strip urgent' : 'strip'}>
      {to ? (
        <Link to={to} class="strip-words">
          {words}
        </Link>
      ) : (
        <span class="strip-words">{words}</span>
      )}
      <Button icon="check" onClick={() => void acknowledge([item.id])} aria-label={`${t('due_known')} ${text}`}>
        {t('due_known')}
      </Button>
    </li>
  )
}

function Offer() {
  const shown = useSignal(false)
  const counted = entries.value.some((entry) => wordOf(entry, verifyOf).word === 'counted')
  useEffect(() => {
    if (!counted) return
    void withPushDb((db) => Promise.all([kept(db, 'later'), kept(db, 'audience')])).then(
      ([later, audience]) =>
        (shown.value = shouldAsk({ stand: stand(), permission: permission(), counted, later, now: Date.now(), on: audience === 'caregiver' })),
      () => undefined,
    )
  }, [counted])
  if (!shown.value) return null
  const put = () => {
    shown.value = false
    void withPushDb((db) => keep(db, 'later', Date.now())).catch(() => undefined)
  }
  return (
    <section class="card stack offer">
      <h2>
        <Icon name="bell" />
        {t('ask_title')}
      </h2>
      <p>{t('ask_why')}</p>
      <div class="offer-do">
        <Button
          kind="primary"
          onClick={() => {
            put()
            navigate('/door/settings/reminders')
          }}
        >
          {t('ask_go')}
        </Button>
        <Button onClick={put}>{t('ask_later')}</Button>
      </div>
    </section>
  )
}

const permission = (): NotificationPermission => (typeof Notification === 'undefined' ? 'default' : Notification.permission)

/** A question of the office waits for an answer, not for a tap that makes it go away. */
function Asked() {
  const n = asked.value.length
  if (!n) return null
  return (
    <div class="strip urgent">
      <Link to="/door/decisions" class="strip-words">
        <Icon name="call" />
        <strong class="grow num">{decisions(n > 1 ? 'open_more' : 'open_one', { n })}</strong>
        <Icon name="next" />
      </Link>
    </div>
  )
}

export function DueStrips() {
  const all = useSignal(false)
  // The names come with the day.
  void calls.value
  const items = due.value
  const seen = all.value ? items : items.slice(0, MOST)
  const ids = seen.filter((item) => !item.shown_at).map((item) => item.id).join()
  useEffect(() => {
    if (ids && document.visibilityState === 'visible') void noteShown(ids.split(','))
  }, [ids])
  return (
    <>
      <Asked />
      {items.length > 0 && (
        <section aria-label={t('due_title')}>
          <ul class="strips">
            {seen.map((item) => (
              <Strip key={item.id} item={item} />
            ))}
          </ul>
          {items.length > seen.length && (
            <Button kind="quiet" wide onClick={() => (all.value = true)}>
              {t('due_more', { n: items.length - seen.length })}
            </Button>
          )}
        </section>
      )}
      <Offer />
    </>
  )
}
