/** The family's area: opens in WeChat's browser and in any other, needs nothing installed. */
import { useEffect } from 'preact/hooks'
import { common } from '../i18n/common'
import { family as t } from '../i18n/family'
import { Link, match } from '../router'
import { EmptyState, ErrorState, Loading } from '../ui'
import { DaysPage } from './days'
import { Page } from './frame'
import { Join } from './join'
import { MonthPage } from './month'
import { SayPage } from './say'
import { SettingsPage } from './settings'
import { failed, loadMe, me } from './state'
import { VisitPage } from './visit'
import './family.css'

function Known({ path }: { path: string }) {
  if (match('/', path)) return <DaysPage />
  const month = match('/month/:month', path)
  if (month || match('/month', path)) return <MonthPage key={month?.month} month={month?.month ?? null} />
  const say = match('/visit/:id/say/:kind', path)
  if (say?.id && say.kind) return <SayPage id={say.id} kind={say.kind} />
  const visit = match('/visit/:id', path)
  if (visit?.id) return <VisitPage key={visit.id} id={visit.id} />
  if (match('/settings', path)) return <SettingsPage />
  return (
    <Page title={t('title')} back="/family">
      <EmptyState icon="search" title={common('not_found')}>
        <Link to="/family" class="button primary">
          {t('nav_days')}
        </Link>
      </EmptyState>
    </Page>
  )
}

function Inside({ path }: { path: string }) {
  const link = match('/F/:secret', path)
  if (link?.secret || match('/join', path)) return <Join {...(link?.secret ? { secret: link.secret } : {})} />
  if (failed.value && !me.value) {
    return (
      <Page title={t('title')}>
        <ErrorState error={failed.value} onRetry={() => void loadMe()} />
      </Page>
    )
  }
  if (me.value === undefined) return <Loading />
  if (me.value === null) return <Join />
  if (!me.value.elders.length) {
    return (
      <Page title={t('title')} tabs>
        <EmptyState icon="person" title={t('nobody')}>
          <p>{t('nobody_hint')}</p>
          <Link to="/family/join" class="button primary">
            {t('join_more')}
          </Link>
        </EmptyState>
      </Page>
    )
  }
  return <Known path={path} />
}

export default function Area({ path }: { path: string }) {
  useEffect(() => void loadMe(), [])
  const known = Boolean(me.value)
  useEffect(() => {
    if (known) void import('../push/subscribe').then(({ FAMILY, mendHere }) => mendHere(FAMILY)).catch(() => undefined)
  }, [known])
  return (
    <div class={me.value && !me.value.large_type ? 'family' : 'family large'}>
      <Inside path={path} />
    </div>
  )
}
