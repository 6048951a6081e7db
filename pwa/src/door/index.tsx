/** The caregiver's area: which screen the address belongs to, once the phone's own store is open. */
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { door as t } from '../i18n/door'
import { device, troubleOf } from '../outbox'
import { Link, match } from '../router'
import { Button, EmptyState, Loading } from '../ui'
import { lazy } from '../ui/lazy'
import { Screen } from './frame'
import { type Call, callOf, loadDay, start, storageFailed } from './state'
import { rememberCounted } from './counted'
import './install'
import { Today } from './today'
import './door.css'

/** What needs the camera, and what is not needed at the door, comes after the first paint. */
const VisitScreen = lazy<{ id: string }>(async () => (await import('./visit')).VisitScreen)
const VisitGone = lazy<object>(async () => (await import('./visit')).VisitGone)
const Records = lazy<object>(async () => (await import('./records')).Records)
const Decisions = lazy<object>(async () => (await import('./decisions')).Decisions)
const HandIn = lazy<{ only?: string }>(async () => (await import('./hand-in')).HandIn)
const Settings = lazy<object>(async () => (await import('./settings')).Settings)
const Reminders = lazy<object>(async () => (await import('./reminders')).Reminders)
const Enrol = lazy<{ secret?: string }>(async () => (await import('./enrol')).Enrol)
const ScanAny = lazy<object>(async () => (await import('./flows')).ScanAny)
const Adhoc = lazy<object>(async () => (await import('./flows')).Adhoc)
const FLOWS = {
  in: lazy<{ call: Call }>(async () => (await import('./flows')).CheckIn),
  out: lazy<{ call: Call }>(async () => (await import('./flows')).CheckOut),
  'not-served': lazy<{ call: Call }>(async () => (await import('./flows')).NotServed),
}

function Flow({ id, flow }: { id: string; flow: string }) {
  const call = callOf(id)
  const Found = FLOWS[flow as keyof typeof FLOWS]
  return call && Found ? <Found key={id + flow} call={call} /> : <VisitGone />
}

function Enrolled({ path }: { path: string }) {
  const flow = match('/visit/:id/:flow', path)
  if (flow?.id && flow.flow) return <Flow id={flow.id} flow={flow.flow} />
  const visit = match('/visit/:id', path)
  if (visit?.id) return <VisitScreen key={visit.id} id={visit.id} />
  if (match('/scan', path)) return <ScanAny />
  if (match('/adhoc', path)) return <Adhoc />
  if (match('/records', path)) return <Records />
  const one = match('/records/:id/hand-in', path)
  if (one?.id) return <HandIn key={one.id} only={one.id} />
  if (match('/records/hand-in', path)) return <HandIn />
  if (match('/decisions', path)) return <Decisions />
  if (match('/settings', path)) return <Settings />
  if (match('/settings/reminders', path)) return <Reminders />
  if (match('/', path)) return <Today />
  return (
    <Screen title="" back="/door">
      <EmptyState icon="search" title={common('not_found')}>
        <p>{common('not_found_hint')}</p>
        <Link to="/door" class="button primary">
          {t('to_today')}
        </Link>
      </EmptyState>
    </Screen>
  )
}

function storageText(): string {
  const why = troubleOf(storageFailed.value)
  return t(why === 'failed' ? 'storage_failed_hint' : `storage_${why}`)
}

function Door({ path }: { path: string }) {
  if (storageFailed.value) {
    return (
      <EmptyState icon="warn" title={t('storage_failed')}>
        <p>{storageText()}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          {common('reload')}
        </Button>
      </EmptyState>
    )
  }
  const who = device.value
  if (who === undefined) return <Loading />
  const link = match('/E/:secret', path)
  if (link?.secret) return <Enrol secret={link.secret} />
  if (!who?.confirmed || match('/enrol', path)) return <Enrol />
  return <Enrolled path={path} />
}

export default function Area({ path }: { path: string }) {
  useEffect(() => {
    void start().then(() => {
      if (device.value?.confirmed) void loadDay()
      rememberCounted()
      VisitScreen.fetch()
      ScanAny.fetch()
      void import('./due-strips').then(({ startDue }) => startDue(), () => undefined)
    })
  }, [])
  return (
    <div class="door">
      <Door path={path} />
    </div>
  )
}
