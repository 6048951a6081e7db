/** Binding this phone to one caregiver: scan the dispatcher's one-time code, see who it is, confirm. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api, asProblem, type Problem } from '../api/client'
import type { Redeemed } from '../api/wire'
import { LanguageSwitch } from '../ui/language'
import { door as t } from '../i18n/door'
import { records } from '../i18n/records'
import { keepAnchor } from '../outbox/anchor'
import { confirmDevice, db, device, forgetDevice, reload, send, sending } from '../outbox'
import { browser } from '../outbox/env'
import { adopt, enrolRequest } from '../outbox/keys'
import { fetchKeys } from '../outbox/receipts'
import { goBack, navigate } from '../router'
import { readSecret } from '../rules/codes'
import { warmUp } from '../scan/decoder'
import { type Captured, Scanner } from '../scan/scanner'
import { Button, ErrorState, Icon, Loading, Notice } from '../ui'
import { Ask, Screen } from './frame'
import { dayProblem, loadDay } from './state'

const SYSTEMS = ['HarmonyOS', 'Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'] as const
/** A browser that is built on another names both: its own name comes first here. */
const BROWSERS = ['MicroMessenger', 'HuaweiBrowser', 'MiuiBrowser', 'VivoBrowser', 'HeyTapBrowser', 'QQBrowser', 'UCBrowser', 'Edg', 'Firefox', 'Chrome', 'Version'] as const

/** A few words about the phone for the dispatcher's list; not enough to follow anybody with. */
export function platformName(agent: string): string {
  const system = SYSTEMS.find((name) => agent.includes(name)) ?? 'other'
  const browserName = BROWSERS.find((name) => agent.includes(`${name}/`))
  const major = browserName && new RegExp(`${browserName}/(\\d+)`).exec(agent)?.[1]
  return [system, browserName && `${browserName.replace('Version', 'Safari')} ${major ?? ''}`.trim()].filter(Boolean).join(' · ')
}

const inWeChat = () => /MicroMessenger/i.test(navigator.userAgent)
const isLooseIos = () => /iPhone|iPad/.test(navigator.userAgent) && (navigator as { standalone?: boolean }).standalone === false

type Step = { at: 'intro' } | { at: 'scan' } | { at: 'replace'; secret: string } | { at: 'busy' } | { at: 'failed'; problem: Problem; secret: string } | { at: 'refused' }

export function Enrol({ secret: linked }: { secret?: string }) {
  const step = useSignal<Step>({ at: 'intro' })
  const link = useSignal<string | null>(linked ? readSecret(linked) : null)
  const who = device.value

  useEffect(() => {
    // The secret does not stay in the address bar or the history.
    if (linked !== undefined) history.replaceState(history.state, '', '/door/enrol')
    warmUp()
  }, [])

  function begin(secret: string) {
    if (who?.confirmed) step.value = { at: 'replace', secret }
    else void redeem(secret)
  }

  async function redeem(secret: string) {
    step.value = { at: 'busy' }
    try {
      const open = await db()
      const request = await enrolRequest(open, { secret, platform: platformName(navigator.userAgent), again: sending.value.needsEnrolment || dayProblem.value?.status === 401 })
      const redeemed = await api.post<Redeemed>('/api/v1/enrolments/redeem', request)
      await adopt(open, { redeemed, env: browser })
      await keepAnchor(open, { jws: redeemed.anchor, env: browser })
      await fetchKeys(open, { env: browser }).catch(() => undefined)
      link.value = null
      await reload()
      step.value = { at: 'intro' }
    } catch (error) {
      step.value = { at: 'failed', problem: asProblem(error), secret }
    }
  }

  async function accept() {
    await confirmDevice()
    // Some browsers ask the person first: the work does not wait for that. The settings show what came of it.
    void navigator.storage?.persist?.().catch(() => false)
    void loadDay()
    void send({ retryAside: true })
    navigate('/door', { replace: true })
  }

  async function decline() {
    await api.del('/api/v1/devices/current', { timeoutMs: 5000 }).catch(() => undefined)
    await forgetDevice()
    step.value = { at: 'refused' }
  }

  const now = step.value
  if (now.at === 'scan') {
    return <Scanner wanted="enrol" onCaptured={({ secret }: Captured) => secret && begin(secret)} onClose={() => (step.value = { at: 'intro' })} />
  }
  if (now.at === 'busy') {
    return (
      <Screen title={t('enrol_title')}>
        <Loading label={t('enrol_busy')} />
      </Screen>
    )
  }
  if (now.at === 'replace') {
    return (
      <Ask
        title={t('enrol_replace', { name: who?.caregiver.name ?? '' })}
        onClose={() => (step.value = { at: 'intro' })}
        actions={
          <>
            <Button kind="primary" big wide onClick={() => navigate('/door', { replace: true })}>
              {t('enrol_keep')}
            </Button>
            <Button wide onClick={() => void redeem(now.secret)}>
              {t('enrol_replace_yes')}
            </Button>
          </>
        }
      >
        <p>{t('enrol_replace_hint')}</p>
      </Ask>
    )
  }
  if (now.at === 'failed') {
    return (
      <Screen
        title={t('enrol_title')}
        back={() => (step.value = { at: 'intro' })}
        foot={
          <Button kind="primary" big wide icon="scan" onClick={() => (step.value = { at: 'scan' })}>
            {t('enrol_scan')}
          </Button>
        }
      >
        <ErrorState error={now.problem} {...(now.problem.passing ? { onRetry: () => void redeem(now.secret) } : {})} />
      </Screen>
    )
  }
  if (who && !who.confirmed) {
    return (
      <Screen
        title={t('enrol_who')}
        foot={
          <>
            <Button kind="primary" big wide icon="check" onClick={() => void accept()}>
              {t('enrol_yes')}
            </Button>
            <Button kind="danger" wide icon="cross" onClick={() => void decline()}>
              {t('enrol_no')}
            </Button>
          </>
        }
      >
        <div class="me-card card">
          <Icon name="person" />
          <p class="who-name">{who.caregiver.name}</p>
          <p>{who.provider.name}</p>
        </div>
      </Screen>
    )
  }
  return (
    <Screen
      title={t('enrol_title')}
      {...(who ? { back: () => goBack('/door/settings') } : { back: '/' })}
      side={<LanguageSwitch />}
      foot={
        <>
          {link.value && (
            <Button kind="primary" big wide icon="phone" onClick={() => link.value && begin(link.value)}>
              {t('enrol_use_link')}
            </Button>
          )}
          <Button kind={link.value ? 'plain' : 'primary'} big wide icon="scan" onClick={() => (step.value = { at: 'scan' })}>
            {t('enrol_scan')}
          </Button>
        </>
      }
    >
      {now.at === 'refused' && (
        <Notice tone="warn">
          <p>{t('enrol_not_me')}</p>
        </Notice>
      )}
      {!('serviceWorker' in navigator) && (
        <Notice tone="bad">
          <p>{records('no_worker')}</p>
        </Notice>
      )}
      {inWeChat() && (
        <Notice tone="warn">
          <p>{t('enrol_wechat')}</p>
        </Notice>
      )}
      {isLooseIos() && (
        <Notice tone="warn" icon="phone">
          <p>{t('enrol_ios')}</p>
        </Notice>
      )}
      <p>{link.value ? t('enrol_link_hint') : t('enrol_hint')}</p>
      {!link.value && (
        <section class="card">
          <ol class="steps">
            <li>{t('enrol_step1')}</li>
            <li>{t('enrol_step2')}</li>
            <li>{t('enrol_step3')}</li>
          </ol>
        </section>
      )}
    </Screen>
  )
}
