/** The frame of every desk screen: who is signed in, where one can go, and signing in again without losing the page. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { LanguageSwitch } from '../app'
import { loadMe, me, sessionEnded, signOut } from '../api/session'
import type { Me } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/office'
import { Link, navigate } from '../router'
import { Button, Dialog, EmptyState, ErrorState, Icon, Loading, toast } from '../ui'
import { PageHead, ProblemNotice, useWide } from '../ui/desk'
import { mayOpen, NAV, type Place } from './access'
import { lazy } from '../ui/lazy'
import { Login, LoginForm } from './login'
import './frame.css'

/** Shows what needs somebody signed in; on the way there it asks who that is. */
export function Signed({ place, children }: { place: Place; children: (who: Me) => ComponentChildren }) {
  const failed = useSignal<unknown>(null)
  const ask = () => {
    failed.value = null
    loadMe().catch((error: unknown) => (failed.value = error))
  }
  useEffect(() => {
    if (me.value === undefined) ask()
  }, [])
  if (failed.value && !me.value) return <ErrorState error={failed.value} onRetry={ask} />
  if (me.value === undefined) return <Loading />
  if (me.value === null) return <Login />
  const who = me.value
  return (
    <Frame who={who} place={place}>
      {mayOpen(who.role, place) ? (
        children(who)
      ) : (
        <>
          <PageHead title={t(`nav_${place}`)} />
          <EmptyState icon="shield" title={t('not_yours')}>
            <p>{t('not_yours_hint')}</p>
            <Link to="/dispatch" class="button primary">
              {t('nav_today')}
            </Link>
          </EmptyState>
        </>
      )}
    </Frame>
  )
}

/** What has room side by side at the foot of a phone. */
const TABS = 5

const Bell = lazy<object>(async () => (await import('../dispatch/reminders/bell')).Bell, { quiet: true })

export const roleName = (who: Me): string => t(`role_${who.role}`)
export const scopeName = (who: Me): string => who.provider?.name ?? who.area?.name ?? t('scope_all')

function Frame({ who, place, children }: { who: Me; place: Place; children: ComponentChildren }) {
  const wide = useWide()
  const open = useSignal(false)
  const more = useSignal(false)
  const items = NAV.filter((item) => mayOpen(who.role, item.place))
  const links = items.map((item) => (
    <li key={item.place}>
      <Link to={item.to} class="nav-link" {...(item.place === place ? { 'aria-current': 'page' as const } : {})}>
        <Icon name={item.icon} />
        <span>{t(wide ? `nav_${item.place}` : `nav_${item.place}_short`)}</span>
      </Link>
    </li>
  ))
  return (
    <div class="desk">
      <a class="skip" href="#content">
        {t('skip')}
      </a>
      <header class="desk-bar">
        <Link to="/dispatch" class="desk-brand">
          <img src="/icons/icon-192.png" alt="" width="36" height="36" />
          <strong>{common('app')}</strong>
        </Link>
        {mayOpen(who.role, 'reminders') && <Bell />}
        {wide ? (
          <>
            <nav aria-label={t('menu')}>
              <ul>{links}</ul>
            </nav>
            <div class="desk-who">
              <WhoAmI who={who} />
              <Leave />
              <LanguageSwitch />
            </div>
          </>
        ) : (
          <Button kind="quiet" icon="person" class="desk-me" onClick={() => (open.value = true)}>
            {who.display_name}
          </Button>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {!wide && (
        <nav class="tabs" aria-label={t('menu')}>
          <ul>
            {links.length <= TABS ? links : links.slice(0, TABS - 1)}
            {links.length > TABS && (
              <li>
                <button type="button" class="nav-link" onClick={() => (more.value = true)} {...(items.slice(TABS - 1).some((item) => item.place === place) ? { 'aria-current': 'page' as const } : {})}>
                  <Icon name="list" />
                  <span>{t('nav_more')}</span>
                </button>
              </li>
            )}
          </ul>
        </nav>
      )}
      {more.value && !wide && (
        <Dialog title={t('menu')} onClose={() => (more.value = false)} actions={<Button onClick={() => (more.value = false)}>{common('close')}</Button>}>
          <ul class="stack tight more-places" onClick={() => (more.value = false)}>
            {items.slice(TABS - 1).map((item) => (
              <li key={item.place}>
                <Link to={item.to} class="button plain wide">
                  <Icon name={item.icon} /> {t(`nav_${item.place}`)}
                </Link>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
      {open.value && !wide && (
        <Dialog title={t('account')} onClose={() => (open.value = false)}>
          <WhoAmI who={who} />
          <LanguageSwitch />
          <Leave />
          <Button onClick={() => (open.value = false)}>{common('close')}</Button>
        </Dialog>
      )}
      {sessionEnded.value && (
        <Dialog title={t('login_again')} onClose={() => (me.value = null)}>
          <p class="soft">{t('login_again_hint')}</p>
          <LoginForm />
        </Dialog>
      )}
    </div>
  )
}

function WhoAmI({ who }: { who: Me }) {
  return (
    <div class="who">
      <Icon name="person" />
      <div>
        <strong>{who.display_name}</strong>
        <span class="soft">{roleName(who)}</span>
        <span class="soft">{scopeName(who)}</span>
      </div>
    </div>
  )
}

function Leave() {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const leave = async () => {
    busy.value = true
    failed.value = null
    try {
      await signOut()
      toast(t('signed_out'))
      navigate('/office')
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <>
      <ProblemNotice error={failed.value} />
      <Button kind="quiet" icon="signout" busy={busy.value} onClick={() => void leave()}>
        {t('sign_out')}
      </Button>
    </>
  )
}
