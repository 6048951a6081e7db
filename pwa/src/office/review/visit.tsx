/** One visit on one page for whoever decides: why it is held, the pictures, both scans, everybody's word, the decision. */
import { useSignal } from '@preact/signals'
import { api, asProblem } from '../../api/client'
import type { Me } from '../../api/wire'
import { windowText } from '../../dispatch/evidence'
import { Record } from '../../dispatch/record'
import { GradeMark, serviceLine, StateTags, VerifyWord } from '../../dispatch/states'
import { Stories } from '../../dispatch/stories'
import { Timeline } from '../../dispatch/timeline'
import { Findings, PlaceAndPlan } from '../../dispatch/visit-side'
import { t } from '../../i18n/dispatch'
import { findingText, remedy } from '../../i18n/remedies'
import { r, reasonName } from '../../i18n/review'
import { goBack, Link } from '../../router'
import { Button, civilDay, civilDayName, dayClock, EmptyState, ErrorState, Icon, Loading, Notice, Tag } from '../../ui'
import { PageHead, StaleNotice } from '../../ui/desk'
import { useNow } from '../../ui/use'
import { mayDecide, mayDispatch, mayOpen } from '../access'
import { useRead } from '../load'
import { FoundCard } from '../samples/found'
import { Decide } from './decide'
import { EntryDialog } from './entry'
import { FeedbackCard } from './feedback'
import { PlacePicture } from './place'
import type { ReviewVisit, Why } from './wire'
import '../../dispatch/dispatch.css'
import './review.css'

/** Both records of a visit may say the same: it is one reason, with the time at which it began. */
function causes(list: readonly Why[]): Why[] {
  return list.filter((one, i) => list.findIndex(({ code }) => code === one.code) === i)
}

function WhyLine({ why }: { why: Why }) {
  const todo = remedy(why.code)
  return (
    <li>
      <Tag tone={why.must_fix ? 'bad' : 'warn'} icon="shield">
        {r(why.must_fix ? 'must_fix' : 'may_acknowledge')}
      </Tag>
      <div>
        <b>{findingText(why.code)}</b>
        {todo && <p>{todo}</p>}
        <small class="soft num">{r('since', { at: dayClock(why.at) })}</small>
      </div>
    </li>
  )
}

function Story({ review }: { review: ReviewVisit }) {
  return (
    <section class="card stack tight">
      <h2>{r('story_title')}</h2>
      {!review.decisions.length && <p class="soft">{r('story_none')}</p>}
      <ol class="history">
        {review.decisions.map((one) => (
          <li key={one.id}>
            <b>{r(`decision_${one.decision}` as 'decision_accept', { by: one.decided_by })}</b> {reasonName(one.reason_code)}
            {one.note && <p>{one.note}</p>}
            <small class="soft num">{dayClock(one.at)}</small>
            {one.words.map((word) => (
              <Notice key={word.id} icon="person">
                <b>{r(`word_${word.kind}`, { name: word.caregiver.name })}</b>
                <p>{word.text}</p>
                <small class="num">{dayClock(word.at)}</small>
              </Notice>
            ))}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Edits({ review }: { review: ReviewVisit }) {
  if (!review.edits.length) return null
  return (
    <section class="card stack tight">
      <h2>{r('edits_title')}</h2>
      <ol class="history">
        {review.edits.map((one) => (
          <li key={one.id}>
            <Tag tone="warn" icon="keyboard">
              {r(`edit_${one.kind}` as 'edit_entry')}
            </Tag>{' '}
            {reasonName(one.reason_code)}
            {one.note && <p>{one.note}</p>}
            <small class="soft num">{r('edit_line', { by: one.made_by, at: dayClock(one.at) })}</small>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Devices({ review }: { review: ReviewVisit }) {
  return (
    <section class="card stack tight">
      <h2>{r('devices_title')}</h2>
      <ul class="plain">
        {review.devices.map((one) => (
          <li key={one.id}>
            {r('device_line', { name: one.caregiver.name, platform: one.platform ?? '—', at: dayClock(one.enrolled_at) })}
            {one.revoked_at && <span class="soft"> · {r('device_revoked', { at: dayClock(one.revoked_at) })}</span>}
            <span class="soft num"> · {r('device_events', { n: one.events })}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function ReviewPage({ id, who }: { id: string; who: Me }) {
  const now = useNow(30_000)
  const read = useRead(id, (signal) => api.get<ReviewVisit>(`/api/v1/review/visits/${encodeURIComponent(id)}`, {}, { signal }))
  const entering = useSignal(false)
  const back = () => goBack('/office/review')
  const review = read.data.value
  if (!review) {
    const error = read.error.value
    return (
      <div class="stack page">
        <PageHead title={r('queue_title')} back={back} />
        {!error ? (
          <Loading />
        ) : asProblem(error).status === 404 ? (
          <EmptyState icon="search" title={t('visit_gone')} />
        ) : (
          <ErrorState error={error} onRetry={() => void read.reload()} />
        )}
      </div>
    )
  }
  const visit = review.evidence
  const may = mayDecide(who.role)
  return (
    <div class="stack page visit review">
      <PageHead
        title={r('visit_title', { elder: visit.elder.name, service: serviceLine(visit) })}
        note={`${civilDayName(civilDay(visit.window_start))} ${windowText(visit)} · ${visit.provider.name}`}
        back={back}
      >
        {mayDispatch(who.role) && visit.op_state !== 'cancelled' && Date.parse(visit.window_start) < now.value && (
          <Button icon="keyboard" onClick={() => (entering.value = true)}>
            {r('entry_open')}
          </Button>
        )}
        <Link to={`/dispatch/visits/${visit.id}`} class="button plain">
          {r('to_visit')}
        </Link>
      </PageHead>
      {read.error.value ? <StaleNotice error={read.error.value} at={read.at.value} onRetry={() => void read.reload()} /> : null}
      <section class="card row wrap">
        <StateTags row={visit} now={now.value} />
        <VerifyWord state={visit.verify_state} />
        {visit.grade && <GradeMark grade={visit.grade} />}
      </section>
      <div class="visit-columns">
        <div class="stack">
          <section class="card stack tight">
            <h2>{r('why_title')}</h2>
            {review.why.length ? (
              <ul class="findings">
                {causes(review.why).map((why) => (
                  <WhyLine key={why.code} why={why} />
                ))}
              </ul>
            ) : (
              <p class="soft">{review.to_decide && visit.grade ? r('why_grade', { grade: visit.grade }) : r('why_none')}</p>
            )}
          </section>
          <section class="card stack tight decide">
            <h2>{r('decide_title')}</h2>
            {!may ? <p class="soft">{r('only_reads')}</p> : !review.to_decide ? <p class="soft">{r('nothing_to_decide')}</p> : <Decide key={review.seen} review={review} onDecided={() => void read.reload()} />}
          </section>
          <Story review={review} />
          <section class="stack tight">
            <h2>{r('family_title')}</h2>
            {review.family.length ? review.family.map((one) => <FeedbackCard key={one.id} item={one} who={who} onChanged={() => void read.reload()} />) : <p class="soft">{r('family_none')}</p>}
          </section>
          <section class="stack tight">
            <h2>{t('s_records')}</h2>
            {visit.events.map((event) => (
              <Record key={event.event_id} event={event} visit={visit} fence_m={visit.geofence_m} />
            ))}
          </section>
        </div>
        <div class="stack">
          <section class="card stack tight">
            <h2>{t('s_time')}</h2>
            <Timeline visit={visit} now={now.value} />
          </section>
          <section class="card stack tight">
            <h2>
              <Icon name="place" /> {r('place_title')}
            </h2>
            <PlacePicture marks={review.marks} evidence={visit} />
          </section>
          <FoundCard list={review.inspections} link={mayOpen(who.role, 'samples')} />
          <Edits review={review} />
          <Stories visit={visit} onGiven={null} />
          <Findings visit={visit} />
          <Devices review={review} />
          <PlaceAndPlan visit={visit} onPoint={null} />
        </div>
      </div>
      {entering.value && (
        <EntryDialog
          visit={visit}
          onClose={(saved) => {
            entering.value = false
            if (saved) void read.reload()
          }}
        />
      )}
    </div>
  )
}
