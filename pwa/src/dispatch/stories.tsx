/** The two stories of a visit side by side: what the office did, and what the phones recorded. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { Done, VisitDetail } from '../api/wire'
import { stories as s } from '../i18n/stories'
import { Link } from '../router'
import { Button, Icon, toast } from '../ui'
import { ProblemNotice } from '../ui/desk'
import { cameInstead, disagree, type Moment, moments, timeOfMoment } from './story'
import './stories.css'

export function Stories({ visit, onGiven }: { visit: VisitDetail; onGiven: (() => void) | null }) {
  if (!disagree(visit)) return null
  return (
    <section class="card stack tight">
      <h2>{s('title')}</h2>
      <p class="soft">{s('hint')}</p>
      <div class="stories-head" aria-hidden="true">
        <b class="with-icon">
          <Icon name="people" />
          {s('office')}
        </b>
        <b class="with-icon">
          <Icon name="phone" />
          {s('phone')}
        </b>
      </div>
      <ol class="stories">
        {moments(visit).map((moment) => (
          <Story key={moment.key} moment={moment} at={timeOfMoment(moment, visit)} />
        ))}
      </ol>
      {onGiven && <GiveBack visit={visit} onGiven={onGiven} />}
    </section>
  )
}

function Story({ moment, at }: { moment: Moment; at: string }) {
  return (
    <li class={`story ${moment.side}${moment.quiet ? ' quiet' : ''}`}>
      <span class="side">
        <Icon name={moment.quiet ? 'offline' : moment.side === 'office' ? 'people' : 'phone'} />
        <span class="only-read">{s(moment.side)}</span>
      </span>
      <span class="grow">
        <b class="num">{at}</b> {moment.text}
        {moment.notes.length > 0 && <small class="soft num">{moment.notes.join(' · ')}</small>}
        {moment.visit_id && (
          <Link to={`/dispatch/visits/${moment.visit_id}`} class="story-link">
            {s(moment.side === 'office' ? 'other_visit' : 'p_elsewhere')}
          </Link>
        )}
      </span>
    </li>
  )
}

function GiveBack({ visit, onGiven }: { visit: VisitDetail; onGiven: () => void }) {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const instead = cameInstead(visit)
  if (!instead) return null
  const give = async () => {
    busy.value = true
    failed.value = null
    try {
      await api.put<Done>(`/api/v1/visits/${visit.id}/caregivers`, { caregiver_ids: instead.ids, anyway: true })
      toast(s('given', { name: instead.name }))
      onGiven()
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <div class="stack tight">
      <p>{s('give_hint', { name: instead.name })}</p>
      {failed.value !== null && <ProblemNotice error={failed.value} />}
      <Button icon="people" busy={busy.value} onClick={() => void give()}>
        {s('give', { name: instead.name })}
      </Button>
    </div>
  )
}
