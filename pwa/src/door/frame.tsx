/** What every screen of the caregiver is made of: head, body, a foot with the one thing to do, and the state of the outbox. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Procedure } from '../api/wire'
import { lang } from '../i18n'
import { door as t } from '../i18n/door'
import { blocked, entries, sending } from '../outbox'
import { goBack, Link, path } from '../router'
import { Button, Icon, type IconName, Notice } from '../ui'
import { common } from '../i18n/common'
import { refresh } from './state'

export function Screen({
  title,
  back,
  side,
  foot,
  nav,
  children,
}: {
  title: string
  /** Where "back" leads when the screen was opened directly. */
  back?: string | (() => void)
  side?: ComponentChildren
  foot?: ComponentChildren
  nav?: boolean
  children?: ComponentChildren
}) {
  useEffect(() => {
    document.title = [title, common('app')].filter(Boolean).join(' · ')
  }, [title])
  return (
    <div class="screen">
      <header class="screen-head">
        {back && (
          <Button kind="quiet" icon="back" aria-label={common('back')} onClick={() => (typeof back === 'string' ? goBack(back) : back())} />
        )}
        <h1>{title}</h1>
        {side}
      </header>
      <main class="screen-body">{children}</main>
      {(foot || nav) && (
        <div class="screen-foot">
          {foot && <div class="screen-do">{foot}</div>}
          {nav && <Nav />}
        </div>
      )}
    </div>
  )
}

const TABS: readonly { to: string; icon: IconName; word: 'nav_today' | 'nav_records' | 'nav_settings' }[] = [
  { to: '/door', icon: 'list', word: 'nav_today' },
  { to: '/door/records', icon: 'records', word: 'nav_records' },
  { to: '/door/settings', icon: 'person', word: 'nav_settings' },
]

function Nav() {
  const here = path.value.replace(/\/$/, '')
  return (
    <nav class="tabs">
      {TABS.map(({ to, icon, word }) => (
        <Link key={to} to={to} class="tab" {...(here === to ? { 'aria-current': 'page' as const } : {})}>
          <Icon name={icon} />
          {t(word)}
        </Link>
      ))}
    </nav>
  )
}

function Trouble({ children }: { children: ComponentChildren }) {
  return (
    <Notice tone="bad">
      <p>{children}</p>
    </Notice>
  )
}

const DAY_MS = 24 * 3600_000

/** Says what is still on the phone; silent when nothing is. */
export function OutboxBar() {
  const { busy, unsent, needsEnrolment, problem } = sending.value
  if (needsEnrolment) {
    return (
      <Notice tone="bad" icon="phone">
        <p>{t('out_enrol')}</p>
        <Link to="/door/enrol" class="button plain">
          {t('out_enrol_go')}
        </Link>
      </Notice>
    )
  }
  if (blocked.value) return <Trouble>{t('out_blocked')}</Trouble>
  if (!unsent) return null
  const waiting = entries.value.filter((entry) => entry.state !== 'answered')
  const aside = waiting.filter((entry) => entry.state === 'set_aside').length
  const old = waiting.some((entry) => Date.now() - entry.created_at > DAY_MS)
  return (
    <Notice tone={old || problem?.startsWith('STORAGE') ? 'bad' : 'warn'} icon={busy ? 'send' : 'phone'}>
      <p>{busy ? t('out_sending', { n: unsent }) : t('out_waiting', { n: unsent })}</p>
      {!busy && problem === 'OFFLINE' && <p>{t('out_offline')}</p>}
      {aside > 0 && <p>{t('out_aside', { n: aside })}</p>}
      {old && <p>{t('out_old')}</p>}
      {problem === 'STORAGE_FULL' ? <p>{t('out_storage_full')}</p> : problem === 'STORAGE' && <p>{t('out_storage')}</p>}
      <Button busy={busy} icon="send" onClick={() => void refresh()}>
        {t('out_send')}
      </Button>
    </Notice>
  )
}

export function Steps({ procedure }: { procedure: Procedure }) {
  const steps = lang.value === 'zh' ? procedure.zh : procedure.en.length ? procedure.en : procedure.zh
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  )
}

export function CallNumbers({ numbers, office }: { numbers: readonly string[]; office: string | null | undefined }) {
  return (
    <div class="numbers">
      {numbers.map((number) => (
        <a key={number} class="button danger" href={`tel:${number}`}>
          <Icon name="call" />
          {t('call_number', { n: number })}
        </a>
      ))}
      {office && (
        <a class="button plain" href={`tel:${office}`}>
          <Icon name="call" />
          {t('call_provider')}
        </a>
      )}
    </div>
  )
}

/** One question, alone on the screen. */
export function Ask({ title, onClose, actions, children }: { title: string; onClose: () => void; actions: ComponentChildren; children?: ComponentChildren }) {
  return (
    <Screen title="" back={onClose} foot={actions}>
      <div class="ask" role="alert">
        <Icon name="warn" />
        <h2>{title}</h2>
        {children}
      </div>
    </Screen>
  )
}

/** One large row to choose or tick. */
export function Choice({
  kind,
  name,
  checked,
  onChange,
  children,
}: {
  kind: 'checkbox' | 'radio'
  name: string
  checked: boolean
  onChange: (checked: boolean) => void
  children: ComponentChildren
}) {
  return (
    <label class={`pick ${checked ? 'on' : ''}`}>
      <input type={kind} name={name} checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span class="pick-box" aria-hidden="true">
        {checked && <Icon name="check" />}
      </span>
      <span class="grow">{children}</span>
    </label>
  )
}
