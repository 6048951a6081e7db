/** What one wants to be told of each elder, and whether this phone shows it by itself. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { asProblem } from '../api/client'
import { lang } from '../i18n'
import { tell as t } from '../i18n/tell'
import { stand } from '../push/stand'
import type { Look } from '../push/states'
import { keep, withPushDb } from '../push/store'
import { FAMILY } from '../push/subscribe'
import { usePush } from '../push/use-push'
import { Button, civilDay, clock, dayClock, ErrorState, Loading, Notice, toast } from '../ui'
import { KINDS, me, setWatch, type WatchKind } from './state'
import type { Me } from './wire'

type Elder = Me['elders'][number]

function Switch({ label, hint, on, onChange }: { label: string; hint?: string; on: boolean; onChange: () => void }) {
  return (
    <button type="button" role="switch" aria-checked={on} class="switch" onClick={onChange}>
      <span class="grow">
        {label}
        {hint && <span class="soft">{hint}</span>}
      </span>
      <span class="switch-word" aria-hidden="true">{t(on ? 'is_on' : 'is_off')}</span>
      <span class="switch-knob" aria-hidden="true" />
    </button>
  )
}

function Watch({ elder }: { elder: Elder }) {
  const busy = useSignal(false)
  async function turn(kind: WatchKind) {
    if (busy.value) return
    busy.value = true
    try {
      await setWatch(elder.id, elder.watch.includes(kind) ? elder.watch.filter((one) => one !== kind) : [...elder.watch, kind])
    } catch (error) {
      toast(asProblem(error).title, { bad: true })
    }
    busy.value = false
  }
  return (
    <div class="stack tight" role="group" aria-label={t('of', { name: elder.name })}>
      <h3>{t('of', { name: elder.name })}</h3>
      {KINDS.map((kind) => (
        <Switch key={kind} label={t(kind)} {...(kind === 'changed' ? { hint: t('changed_hint') } : {})} on={elder.watch.includes(kind)} onChange={() => void turn(kind)} />
      ))}
    </div>
  )
}

const timeText = (at: string) => (civilDay(at) === civilDay(Date.now()) ? clock(at) : dayClock(at))
const RUNNING: readonly Look['is'][] = ['asking', 'testing']
/** Where another tap may help. */
const CAN_TRY: readonly Look['is'][] = ['off', 'working', 'silent', 'resting', 'disabled', 'failure']
const IS_ON: readonly Look['is'][] = ['working', 'silent', 'resting', 'disabled']

/** What is wrong, then what to do instead: nobody is left with a bare "no". */
function Words({ look, chosen }: { look: Look; chosen: boolean }) {
  switch (look.is) {
    case 'working':
      return (
        <>
          <Notice tone="good" icon="check">
            <p class="num">{look.since ? t('push_working', { time: timeText(look.since) }) : t('push_working_on')}</p>
          </Notice>
          {!chosen && <p>{t('push_nothing')}</p>}
        </>
      )
    case 'asking':
    case 'testing':
      return <Loading label={t(`push_${look.is}`)} />
    case 'off':
      return (
        <>
          <p>{t('push_why')}</p>
          <p>{t(chosen ? 'push_next' : 'push_choose')}</p>
          <p class="soft">{t('push_without')}</p>
        </>
      )
    default: {
      const wrong = look.is === 'failure' ? look.why : look.is
      return (
        <>
          <Notice tone="warn">
            <p>{t(`push_${wrong}`)}</p>
          </Notice>
          <p>{t(`push_${wrong}_do`)}</p>
          <p>{t('push_without')}</p>
        </>
      )
    }
  }
}

function PushCard({ chosen }: { chosen: boolean }) {
  const push = usePush(FAMILY, stand())
  useEffect(() => void withPushDb((db) => keep(db, 'lang', lang.value)).catch(() => undefined), [lang.value])
  const { look } = push
  const working = look?.is === 'working'
  const may = look && CAN_TRY.includes(look.is) && (chosen || look.is !== 'off')
  return (
    <section class="card stack" aria-live="polite" aria-busy={look !== null && RUNNING.includes(look.is)}>
      <h2>{t('push')}</h2>
      {look ? <Words look={look} chosen={chosen} /> : push.failed ? <ErrorState error={push.failed} onRetry={() => void push.read()} /> : <Loading />}
      {may && (
        <Button kind={look.is === 'off' ? 'primary' : 'plain'} big={look.is === 'off'} wide icon="bell" onClick={() => void push.turnOn()}>
          {t(look.is === 'off' ? 'push_on' : working ? 'push_test' : 'push_again')}
        </Button>
      )}
      {look && IS_ON.includes(look.is) && (
        <Button kind="quiet" wide busy={push.busy} onClick={() => void push.turnOff().then(() => toast(t('push_off_done')))}>
          {t('push_off')}
        </Button>
      )}
    </section>
  )
}

export function Tell() {
  const elders = me.value?.elders ?? []
  return (
    <>
      <section class="card stack">
        <h2>{t('title')}</h2>
        {elders.map((elder) => (
          <Watch key={elder.id} elder={elder} />
        ))}
        <p class="soft">{t('on_page')}</p>
      </section>
      <PushCard chosen={elders.some(({ watch }) => watch.length > 0)} />
    </>
  )
}
