/** One visit with all its evidence in words. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { asProblem, api } from '../api/client'
import { openLive } from '../api/live'
import type { Me, VisitDetail } from '../api/wire'
import { settleName } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { mayDispatch } from '../office/access'
import { useRead } from '../office/load'
import { goBack, Link } from '../router'
import { Button, civilDay, EmptyState, ErrorState, Icon, Loading, Tag } from '../ui'
import { civilDayName, minutesText } from '../ui/format'
import { PageHead, StaleNotice } from '../ui/desk'
import { lazy } from '../ui/lazy'
import { useNow } from '../ui/use'
import { AssignDialog } from './assign'
import { canAssign, isUnknown } from './board'
import { CancelDialog } from './cancel'
import { gradeSentence, reasonText, stateSentence, windowText } from './evidence'
import { Record } from './record'
import { PointDialog } from './set-point'
import { GradeMark, serviceLine, StateTags, VerifyWord } from './states'
import { Stories } from './stories'
import { Timeline } from './timeline'
import { remember, UndoBar } from './undo'
import { Assignments, Findings, PlaceAndPlan } from './visit-side'

const Ledger = lazy<{ visit_id: string }>(async () => (await import('./reminders/ledger')).Ledger, { quiet: true })

const GATHER_MS = 400

export function Visit({ id, who }: { id: string; who: Me }) {
  const now = useNow(30_000)
  const read = useRead(id, (signal) => api.get<VisitDetail>(`/api/v1/visits/${encodeURIComponent(id)}`, {}, { signal }))
  const open = useSignal<'assign' | 'point' | 'cancel' | null>(null)
  const reload = useRef(read.reload)
  reload.current = read.reload
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let first = true
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => void reload.current(), GATHER_MS)
    }
    const close = openLive({
      onChange: (change) => change.subject === id && soon(),
      onOpen: () => {
        if (!first) soon()
        first = false
      },
      onLost: () => (first = false),
    })
    return () => {
      close()
      clearTimeout(timer)
    }
  }, [id])
  const visit = read.data.value
  const back = () => goBack('/dispatch')
  if (visit === null) {
    const error = read.error.value
    return (
      <div class="stack page">
        <PageHead title={t('visit_one')} back={back} />
        {!error ? (
          <Loading />
        ) : asProblem(error).status !== 404 ? (
          <ErrorState error={error} onRetry={() => void read.reload()} />
        ) : (
          <EmptyState icon="search" title={t('visit_gone')}>
            <p>{asProblem(error).title}</p>
            <Link to="/dispatch" class="button primary">
              {t('today_title')}
            </Link>
          </EmptyState>
        )}
      </div>
    )
  }
  const may = mayDispatch(who.role)
  const open_yet = may && canAssign(visit)
  const fence_m = visit.geofence_m
  return (
    <div class="stack page visit">
      <PageHead title={t('visit_title', { elder: visit.elder.name, service: serviceLine(visit) })} note={`${civilDayName(civilDay(visit.window_start))} ${windowText(visit)}`} back={back}>
        {open_yet && (
          <Button kind={visit.caregivers.length ? 'plain' : 'primary'} icon="people" onClick={() => (open.value = 'assign')}>
            {t(visit.caregivers.length ? 'reassign' : 'assign')}
          </Button>
        )}
        {visit.holds > 0 && (
          <Link to={`/office/review/${visit.id}`} class="button plain">
            <Icon name="shield" /> {t('to_review')}
          </Link>
        )}
        {open_yet && (
          <Button kind="danger" onClick={() => (open.value = 'cancel')}>
            {t('cancel_visit')}
          </Button>
        )}
      </PageHead>
      {read.error.value !== null && <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} />}
      <UndoBar visit_id={visit.id} onUndone={() => void read.reload()} />
      <Summary visit={visit} now={now.value} />
      <div class="visit-columns">
        <div class="stack">
          <section class="card stack tight">
            <h2>{t('s_time')}</h2>
            <Timeline visit={visit} now={now.value} />
          </section>
          <Stories visit={visit} onGiven={may ? () => void read.reload() : null} />
          <section class="stack tight">
            <h2>{t('s_records')}</h2>
            {visit.events.length === 0 ? (
              <NoRecords visit={visit} />
            ) : (
              visit.events.map((event) => <Record key={event.event_id} event={event} visit={visit} fence_m={fence_m} />)
            )}
            {visit.events.some((event) => event.distance_m !== null) && <p class="soft">{t('place_picture_note')}</p>}
          </section>
        </div>
        <div class="stack">
          <Findings visit={visit} />
          <PlaceAndPlan visit={visit} onPoint={may ? () => (open.value = 'point') : null} />
          <Assignments visit={visit} />
          {mayDispatch(who.role) && <Ledger visit_id={visit.id} />}
        </div>
      </div>
      {open.value === 'assign' && (
        <AssignDialog
          visit={visit}
          onClose={(changed) => {
            open.value = null
            if (changed) void read.reload()
          }}
        />
      )}
      {open.value === 'cancel' && (
        <CancelDialog
          visit={visit}
          onClose={(done) => {
            open.value = null
            if (!done) return
            remember(done, 'cancel')
            void read.reload()
          }}
        />
      )}
      {open.value === 'point' && (
        <PointDialog
          household={visit.household}
          onClose={(saved) => {
            open.value = null
            if (saved) void read.reload()
          }}
        />
      )}
    </div>
  )
}

function Summary({ visit, now }: { visit: VisitDetail; now: number }) {
  const length = visit.op_state !== 'not_served' && visit.started_at && visit.ended_at ? Date.parse(visit.ended_at) - Date.parse(visit.started_at) : null
  const min = visit.plan?.min_minutes
  return (
    <section class="card summary" aria-label={t('s_summary')}>
      <div class="row wrap">
        <StateTags row={visit} now={now} />
        <VerifyWord state={visit.verify_state} />
        {visit.settle_state !== 'unsettled' && <Tag icon="money">{settleName(visit.settle_state)}</Tag>}
        {visit.kind === 'adhoc' && <Tag tone="info">{t('adhoc')}</Tag>}
      </div>
      {stateSentence(visit) && <p>{stateSentence(visit)}</p>}
      {visit.reason && <p>{t('reason_line', { reason: reasonText(visit.reason) })}</p>}
      {(visit.grade !== null || stateSentence(visit) === null) && (
        <p class="row grade-line">
          <GradeMark grade={visit.grade} />
          <span>{gradeSentence(visit)}</span>
        </p>
      )}
      {visit.caregivers.length > 0 && (
        <p class="with-icon">
          <Icon name="person" />
          {visit.caregivers.map((one) => one.name).join(t('g_and'))}
        </p>
      )}
      {length !== null && (
        <p class="num">
          {t('served_time')} <b>{minutesText(length)}</b>
          {min ? <span class="soft"> · {t('served_min', { n: min })}</span> : null}
        </p>
      )}
    </section>
  )
}

function NoRecords({ visit }: { visit: VisitDetail }) {
  const missed = visit.op_state === 'missed' || visit.late
  if (visit.op_state === 'cancelled') return <p class="soft">{t('no_records_cancelled')}</p>
  return (
    <div class="card">
      <EmptyState icon={missed ? 'warn' : 'scan'} title={t('no_records')}>
        <p>{t(isUnknown(visit, Date.now()) ? 'no_records_unknown' : missed ? 'no_records_missed' : 'no_records_future')}</p>
      </EmptyState>
    </div>
  )
}
