/** How a provider's people are reminded, and pop-ups on the dispatcher's own device. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../../api/client'
import type { Me } from '../../api/wire'
import type { DeskSettings } from '../../api/wire-reminders'
import { lang } from '../../i18n'
import { r } from '../../i18n/desk-reminders'
import { useRead } from '../../office/load'
import { stand } from '../../push/stand'
import { keep, withPushDb } from '../../push/store'
import { usePush } from '../../push/use-push'
import { Button, ErrorState, Field, Loading, Notice, toast } from '../../ui'
import { ProblemNotice } from '../../ui/desk'
import { when } from './calls'
import { manages } from './parts'

export function Settings({ who }: { who: Me }) {
  return (
    <div class="settings-cols">
      <PushCard who={who} />
      {manages(who) && who.provider && <People />}
    </div>
  )
}

function PushCard({ who }: { who: Me }) {
  const push = usePush({ audience: 'dispatcher', owner: who.account_id }, stand())
  const { look } = push
  useEffect(() => void withPushDb((db) => keep(db, 'lang', lang.value)).catch(() => undefined), [lang.value])
  const on = look && ['working', 'silent', 'resting', 'disabled'].includes(look.is)
  const words = () => {
    if (!look) return null
    if (look.is === 'off') return null
    if (look.is === 'asking' || look.is === 'testing') return <Loading label={r(`push_${look.is}`)} />
    if (look.is === 'working') {
      return (
        <Notice tone="good">
          <p class="num">{look.since ? r('push_working', { time: when(look.since) }) : r('push_working_on')}</p>
        </Notice>
      )
    }
    return (
      <Notice tone="warn">
        <p>{look.is === 'failure' ? r(`push_${look.why}`) : r(`push_${look.is}`)}</p>
      </Notice>
    )
  }
  const tries = look && ['off', 'working', 'silent', 'resting', 'disabled', 'failure'].includes(look.is)
  return (
    <section class="card stack" aria-live="polite">
      <h2>{r('push')}</h2>
      <p class="soft">{r('push_why')}</p>
      {!look && !push.failed && <Loading />}
      {words()}
      <ProblemNotice error={push.failed} />
      <div class="row wrap">
        {tries && (
          <Button kind={look.is === 'off' ? 'primary' : 'plain'} icon="bell" onClick={() => void push.turnOn()}>
            {r(look.is === 'off' ? 'push_on' : 'push_again')}
          </Button>
        )}
        {on && (
          <Button kind="quiet" busy={push.busy} onClick={() => void push.turnOff().then(() => toast(r('push_off_done')))}>
            {r('push_off')}
          </Button>
        )}
      </div>
    </section>
  )
}

const hhmm = (time: string | null) => time?.slice(0, 5) ?? ''

function People() {
  const read = useRead('reminder-settings', (signal) => api.get<DeskSettings>('/api/v1/reminders/settings', {}, { signal }))
  const shown = read.data.value
  if (!shown) return read.error.value ? <ErrorState error={read.error.value} onRetry={() => void read.reload()} /> : <Loading />
  return <PeopleForm settings={shown} onSaved={() => void read.reload()} />
}

function PeopleForm({ settings, onSaved }: { settings: DeskSettings; onSaved: () => void }) {
  const minutes = useSignal(settings.minutes_before === null ? '' : String(settings.minutes_before))
  const from = useSignal(hhmm(settings.quiet_from))
  const until = useSignal(hhmm(settings.quiet_until))
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const save = async () => {
    busy.value = true
    failed.value = null
    try {
      const time = (text: string) => (text ? `${text}:00` : null)
      await api.put('/api/v1/reminders/settings', {
        minutes_before: minutes.value === '' ? null : Number(minutes.value),
        quiet_from: time(from.value),
        quiet_until: time(until.value),
      })
      toast(r('set_saved'))
      onSaved()
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <h2>{r('set_people')}</h2>
      <p class="soft">{r('set_people_hint')}</p>
      <Field label={r('set_before')} hint={r('set_before_hint')}>
        {(tied) => (
          <input {...tied} class="input short" type="number" inputMode="numeric" min={5} max={180} value={minutes.value} onInput={(event) => (minutes.value = event.currentTarget.value)} />
        )}
      </Field>
      <div class="row wrap top">
        <Field label={r('set_from')}>
          {(tied) => <input {...tied} class="input short" type="time" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}
        </Field>
        <Field label={r('set_until')}>
          {(tied) => <input {...tied} class="input short" type="time" value={until.value} onInput={(event) => (until.value = event.currentTarget.value)} />}
        </Field>
      </div>
      <p class="soft">{r('set_quiet_hint')}</p>
      <ProblemNotice error={failed.value} />
      <div class="row">
        <Button kind="primary" type="submit" busy={busy.value}>
          {r('set_save')}
        </Button>
      </div>
    </form>
  )
}
