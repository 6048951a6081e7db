/** What every page of the family is made of: a head with whose visits these are, the body, three tabs. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { family as t } from '../i18n/family'
import { goBack, Link, path } from '../router'
import { Button, Icon, type IconName } from '../ui'
import { choose, elder, me } from './state'

const TABS: readonly { to: string; icon: IconName; word: 'nav_days' | 'nav_month' | 'nav_settings' }[] = [
  { to: '/family', icon: 'home', word: 'nav_days' },
  { to: '/family/month', icon: 'calendar', word: 'nav_month' },
  { to: '/family/settings', icon: 'settings', word: 'nav_settings' },
]

/** Whose visits: a name, or one button for each elder. */
export function Whose() {
  const all = me.value?.elders ?? []
  if (all.length < 2) return null
  return (
    <div class="whose" role="group" aria-label={t('whom')}>
      {all.map((one) => (
        <button key={one.id} type="button" aria-pressed={one.id === elder.value?.id} onClick={() => choose(one.id)}>
          {one.name}
        </button>
      ))}
    </div>
  )
}

export function Page({ title, back, tabs, foot, children }: { title: string; back?: string; tabs?: boolean; foot?: ComponentChildren; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = [title, common('app')].filter(Boolean).join(' · ')
  }, [title])
  const here = path.value.replace(/\/$/, '')
  return (
    <div class="family-page">
      <header class="family-head">
        {back && <Button kind="quiet" icon="back" aria-label={common('back')} onClick={() => goBack(back)} />}
        <h1>{title}</h1>
      </header>
      <main class="family-body">{children}</main>
      {foot && <div class="family-foot">{foot}</div>}
      {tabs && (
        <nav class="family-tabs">
          {TABS.map(({ to, icon, word }) => (
            <Link key={to} to={to} {...(here === to || (to !== '/family' && here.startsWith(to)) ? { 'aria-current': 'page' as const } : {})}>
              <Icon name={icon} />
              {t(word)}
            </Link>
          ))}
        </nav>
      )}
    </div>
  )
}
