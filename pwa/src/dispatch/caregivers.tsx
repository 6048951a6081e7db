/** Caregivers with their certificates and phones; enrolling a phone and revoking one. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { Caregiver, Me, PhoneSeen } from '../api/wire'
import type { Channels } from '../api/wire-reminders'
import { r } from '../i18n/desk-reminders'
import { t } from '../i18n/dispatch'
import { seesManyProviders } from '../office/access'
import { useRead } from '../office/load'
import { Link } from '../router'
import { Button, civilDay, EmptyState, ErrorState, Icon, Loading, Tag } from '../ui'
import { fullDay } from '../ui/format'
import { Chips, PageHead, SearchBox, StaleNotice, useWide } from '../ui/desk'
import { useNow } from '../ui/use'
import { mayOpen } from '../office/access'
import { t as office } from '../i18n/office'
import { EnrolDialog } from './enrol'
import { lengthText } from './evidence'
import { agoText, certName, certNote, certState, fitsPeople, matchesName, type PeopleFilter, phoneLine, silentToday, stale } from './people'
import { ChannelMarks, onlyCall } from './reminders/channels'
import './reminders/reminders.css'
import { RevokeDialog } from './revoke'

const FILTERS = [
  { value: 'all', icon: undefined, tone: '' },
  { value: 'no_phone', icon: 'phone', tone: 'warn' },
  { value: 'cert', icon: 'records', tone: 'warn' },
  { value: 'silent_today', icon: 'offline', tone: 'bad' },
  { value: 'stale', icon: 'clock', tone: 'bad' },
  { value: 'silent', icon: 'offline', tone: 'bad' },
] as const
const UNREACHABLE = 'only_call'
type Shown = PeopleFilter | typeof UNREACHABLE

export function Caregivers({ who }: { who: Me }) {
  const now = useNow(30_000)
  const today = civilDay(now.value)
  const read = useRead('caregivers', (signal) => api.get<{ items: Caregiver[] }>('/api/v1/caregivers', {}, { signal }))
  // Extra to the list: without it the list is as good as before.
  const reach = useRead('channels', (signal) => api.get<{ items: Channels[] }>('/api/v1/caregivers/channels', {}, { signal }))
  const channels = new Map(reach.data.value?.items.map((one) => [one.caregiver_id, one]))
  const filter = useSignal<Shown>('all')
  const q = useSignal('')
  const enrolling = useSignal<Caregiver | null>(null)
  const revoking = useSignal<Caregiver | null>(null)
  const wide = useWide(1000)
  const items = read.data.value?.items ?? []
  const when = { today, now: now.value }
  const isOnlyCall = (one: Caregiver) => {
    const known = channels.get(one.id)
    return known !== undefined && onlyCall(known, now.value)
  }
  const fits = (one: Caregiver, which: Shown) => (which === UNREACHABLE ? isOnlyCall(one) : fitsPeople(one, which, when))
  const shown = items.filter((one) => fits(one, filter.value) && matchesName(one, q.value))
  const parts = {
    today,
    now: now.value,
    channels,
    providers: seesManyProviders(who.role),
    onEnrol: (one: Caregiver) => (enrolling.value = one),
    onRevoke: (one: Caregiver) => (revoking.value = one),
  }
  return (
    <div class="stack page">
      <PageHead title={t('carers_title')} />
      {read.data.value === null ? (
        read.error.value ? (
          <ErrorState error={read.error.value} onRetry={() => void read.reload()} />
        ) : (
          <Loading />
        )
      ) : items.length === 0 ? (
        <EmptyState icon="people" title={t('carers_none')}>
          <p>{t('carers_none_hint')}</p>
          {mayOpen(who.role, 'import') && (
            <Link to="/office/import" class="button primary">
              {office('nav_import')}
            </Link>
          )}
        </EmptyState>
      ) : (
        <>
          <div class="toolbar">
            <Chips
              label={t('carers_filter')}
              value={filter.value}
              onChange={(next) => (filter.value = next)}
              chips={[
                ...FILTERS.map(({ value, icon, tone }) => ({
                  value: value as Shown,
                  label: t(`carers_${value}`),
                  count: items.filter((one) => fits(one, value)).length,
                  ...(icon ? { icon } : {}),
                  tone,
                })),
                { value: UNREACHABLE, label: r('ch_only_call'), count: items.filter(isOnlyCall).length, icon: 'bell', tone: 'warn' },
              ]}
            />
            <SearchBox label={t('carers_search')} value={q.value} onSearch={(text) => (q.value = text)} />
          </div>
          {read.error.value !== null && <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} />}
          {shown.length === 0 ? <EmptyState icon="search" title={t('carers_none_found')} /> : wide ? <Table rows={shown} {...parts} /> : <Cards rows={shown} {...parts} />}
        </>
      )}
      {enrolling.value && (
        <EnrolDialog
          person={enrolling.value}
          onClose={(done) => {
            enrolling.value = null
            if (done) void read.reload()
          }}
        />
      )}
      {revoking.value?.device && (
        <RevokeDialog
          person={revoking.value}
          device_id={revoking.value.device.id}
          onClose={(done) => {
            revoking.value = null
            if (done) void read.reload()
          }}
        />
      )}
    </div>
  )
}

interface Parts {
  rows: readonly Caregiver[]
  channels: ReadonlyMap<string, Channels>
  today: string
  now: number
  providers: boolean
  onEnrol: (one: Caregiver) => void
  onRevoke: (one: Caregiver) => void
}

function Certificates({ person, today }: { person: Caregiver; today: string }) {
  if (!person.qualifications.length) {
    return (
      <Tag icon="warn" tone="warn">
        {t('cert_none')}
      </Tag>
    )
  }
  return (
    <ul class="certs">
      {person.qualifications.map((one) => {
        const { state } = certState(one.valid_until, today)
        const bad = state === 'expired' || state === 'soon'
        return (
          <li key={one.kind} class={bad ? `cert ${state}` : 'cert'}>
            {bad && <Icon name="warn" />}
            <span>{certName(one.kind)}</span>
            <small class="num">{certNote(one.valid_until, today)}</small>
          </li>
        )
      })}
    </ul>
  )
}

function Phone({ person }: { person: Caregiver }) {
  const { device } = person
  if (!device) return <Tag icon="phone">{t('no_device')}</Tag>
  return (
    <span>
      <span class="with-icon">
        <Icon name="phone" />
        {device.platform ?? t('device_unknown')}
      </span>
      <small class="soft num">{t('device_since', { day: fullDay(device.enrolled_at) })}</small>
    </span>
  )
}

function Heard({ person, now }: { person: Caregiver; now: number }) {
  const { device } = person
  if (!device) return <span class="soft">—</span>
  const silent = fitsPeople(person, 'silent', { today: civilDay(now), now })
  const said = phoneLine(person, now)
  return (
    <span class={silent ? 'heard silent' : 'heard'}>
      {device.last_seen_at && (
        <span class="with-icon">
          {silent && <Icon name="offline" />}
          {agoText(device.last_seen_at, now)}
        </span>
      )}
      <small class="soft num">{said.join(' · ')}</small>
      {silentToday(person, now) && (
        <Tag icon="offline" tone="bad">
          {person.visits_today === 1 ? t('p_silent_today_one') : t('p_silent_today', { n: person.visits_today })}
        </Tag>
      )}
      {stale(person, now) && (
        <Tag icon="clock" tone="bad">
          {staleText(device, now)}
        </Tag>
      )}
    </span>
  )
}

function staleText({ waiting, oldest_waiting_at }: PhoneSeen, now: number): string {
  const length = lengthText(now - Date.parse(oldest_waiting_at ?? ''))
  return waiting === 1 ? t('p_stale_one', { length }) : t('p_stale', { n: waiting ?? 0, length })
}

function Actions({ person, onEnrol, onRevoke }: { person: Caregiver } & Pick<Parts, 'onEnrol' | 'onRevoke'>) {
  return (
    <span class="row wrap actions">
      <Button class="small" kind={person.device ? 'plain' : 'primary'} icon="phone" onClick={() => onEnrol(person)} aria-label={`${t(person.device ? 'enrol_again' : 'enrol')}${t('colon')}${person.name}`}>
        {t(person.device ? 'enrol_again' : 'enrol')}
      </Button>
      {person.device && (
        <Button class="small" kind="danger" onClick={() => onRevoke(person)} aria-label={`${t('revoke')}${t('colon')}${person.name}`}>
          {t('revoke')}
        </Button>
      )}
    </span>
  )
}

function Table(props: Parts) {
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('carers_col_name')}</th>
            {props.providers && <th scope="col">{t('col_provider')}</th>}
            <th scope="col">{t('carers_col_certs')}</th>
            <th scope="col">{t('carers_col_phone')}</th>
            <th scope="col">{t('carers_col_seen')}</th>
            <th scope="col">{r('ch_col')}</th>
            <th scope="col">
              <span class="only-read">{t('col_actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <Link to={`/dispatch/caregivers/${one.id}`}>{one.name}</Link>
                <small class="soft num">{one.phone_masked}</small>
              </th>
              {props.providers && <td>{one.provider.name}</td>}
              <td>
                <Certificates person={one} today={props.today} />
              </td>
              <td>
                <Phone person={one} />
              </td>
              <td>
                <Heard person={one} now={props.now} />
              </td>
              <td>
                <ChannelMarks channels={props.channels.get(one.id)} now={props.now} />
              </td>
              <td class="act">
                <Actions person={one} onEnrol={props.onEnrol} onRevoke={props.onRevoke} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cards(props: Parts) {
  return (
    <ul class="stack tight">
      {props.rows.map((one) => (
        <li key={one.id} class="card stack tight">
          <div class="row spread">
            <span>
              <b class="big-name">
                <Link to={`/dispatch/caregivers/${one.id}`}>{one.name}</Link>
              </b>
              <small class="soft num">{one.phone_masked}</small>
            </span>
            <Phone person={one} />
          </div>
          {props.providers && <small class="soft">{one.provider.name}</small>}
          <Certificates person={one} today={props.today} />
          {one.device && (
            <div class="row heard-row">
              <Heard person={one} now={props.now} />
            </div>
          )}
          {props.channels.has(one.id) && <ChannelMarks channels={props.channels.get(one.id)} now={props.now} />}
          <Actions person={one} onEnrol={props.onEnrol} onRevoke={props.onRevoke} />
        </li>
      ))}
    </ul>
  )
}
