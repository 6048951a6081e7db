/** By which ways a caregiver can be reminded, and when each last proved to work. */
import type { Channels } from '../../api/wire-reminders'
import { r } from '../../i18n/desk-reminders'
import { Tag } from '../../ui'
import { agoText } from '../people'

const TONES = { working: 'good', untested: 'warn', resting: 'warn', disabled: 'bad', key_changed: 'bad', none: '' } as const
const DAY_MS = 86_400_000

/** The phone's own calendar fetches every few hours: silent for two days, it is no way any more. */
export const calendarWorks = ({ calendar_fetched_at: at }: Channels, now: number): boolean => at !== null && now - Date.parse(at) < 2 * DAY_MS

/** Nothing but a dispatcher's telephone reaches this person. */
export const onlyCall = (one: Channels, now: number): boolean => one.push !== 'working' && !one.gateway && !calendarWorks(one, now)

export function channelNotes(one: Channels, now: number): string[] {
  const said: string[] = []
  if (one.proven_at && one.push !== 'none') said.push(r('ch_proven', { ago: agoText(one.proven_at, now) }))
  if (one.calendar_fetched_at) said.push(r('ch_calendar_at', { ago: agoText(one.calendar_fetched_at, now) }))
  if (one.gateway) said.push(r('ch_text'))
  if (one.last_acknowledged_at) said.push(r('ch_answered', { ago: agoText(one.last_acknowledged_at, now) }))
  return said
}

export function ChannelMarks({ channels, now }: { channels: Channels | undefined; now: number }) {
  if (!channels) return <span class="soft">—</span>
  const notes = channelNotes(channels, now)
  return (
    <span class="channels">
      <Tag icon="bell" tone={TONES[channels.push]}>
        {r(`ch_push_${channels.push}`)}
      </Tag>
      {onlyCall(channels, now) && (
        <Tag icon="call" tone="warn">
          {r('ch_only_call')}
        </Tag>
      )}
      {notes.length > 0 && <small class="soft num">{notes.join(' · ')}</small>}
    </span>
  )
}
