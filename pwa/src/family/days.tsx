/** The start page: today first, then what is coming, then the days before. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api } from '../api/client'
import type { ReminderItem } from '../api/wire-reminders'
import { serviceName, type ServiceType } from '../i18n/common'
import { family as t } from '../i18n/family'
import { contentName } from '../i18n/services'
import { Link } from '../router'
import { Button, civilDay, civilDayName, clock, dayClock, EmptyState, ErrorState, Icon, Loading, Notice, Tag } from '../ui'
import { useLoad, useNow } from '../ui/use'
import { Page, Whose } from './frame'
import { newest, news, readNews } from './news'
import { planned, SIGNS, stateName, TONES, who } from './looks'
import { elder, loadMe, me } from './state'
import type { Days, Visit } from './wire'

const DAY_MS = 24 * 3600_000
const POLL_MS = 30_000
const WEEK = 7
/** The server gives 62 days at most, those that are coming among them. */
const FARTHEST = 49

const dayOf = (now: number, days: number) => civilDay(now + days * DAY_MS)

export function VisitCard({ visit }: { visit: Visit }) {
  const { id, service_type, content, state, started_at, ended_at } = visit
  return (
    <Link to={`/family/visit/${id}`} class={`visit-card ${state}`}>
      <span class="picture">
        <Icon name={service_type as ServiceType} />
      </span>
      <span class="grow">
        <strong>
          {serviceName(service_type as ServiceType)} <span class="content">{contentName(content)}</span>
        </strong>
        <span class="num">{started_at ? `${clock(started_at)}${ended_at ? `–${clock(ended_at)}` : ''}` : planned(visit)}</span>
        <span class="soft">{who(visit)}</span>
        <Tag tone={TONES[state]} icon={SIGNS[state]}>
          {stateName(state)}
        </Tag>
      </span>
      <Icon name="next" />
    </Link>
  )
}

function dayTitle(day: string, now: number): string {
  const names = [t('yesterday'), t('today'), t('tomorrow')]
  const near = [-1, 0, 1].findIndex((away) => dayOf(now, away) === day)
  return near < 0 ? civilDayName(day) : `${names[near]} · ${civilDayName(day)}`
}

function Group({ title, days, now, none }: { title: string; days: Days['days']; now: number; none: string }) {
  return (
    <section class="stack">
      <h2>{title}</h2>
      {!days.length && <p class="soft">{none}</p>}
      {days.map(({ day, visits }) => (
        <div key={day} class="stack tight">
          <h3>{dayTitle(day, now)}</h3>
          {visits.map((visit) => (
            <VisitCard key={visit.id} visit={visit} />
          ))}
        </div>
      ))}
    </section>
  )
}

const newsText = ({ kind }: ReminderItem): string => t(kind === 'arrived' || kind === 'left' ? `news_${kind}` : 'news_changed')
const newsTime = (at: string | number): string => (civilDay(at) === civilDay(Date.now()) ? clock(at) : dayClock(at))

/** Reads again while the page is seen; what was read last stays on the screen. */
function useFresh(reload: () => Promise<void>) {
  useEffect(() => {
    const again = () => document.visibilityState === 'visible' && void reload()
    const timer = setInterval(again, POLL_MS)
    document.addEventListener('visibilitychange', again)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', again)
    }
  }, [])
}

export function DaysPage() {
  const now = useNow(60_000).value
  const back = useSignal(WEEK)
  const id = elder.value?.id ?? ''
  const at = useSignal(now)
  const { data, error, busy, reload } = useLoad(`${id} ${back.value}`, async (signal) => {
    const got = await api.get<Days>(`/api/v1/family/elders/${id}/visits`, { since: dayOf(now, -back.value), until: dayOf(now, WEEK) }, { signal })
    at.value = Date.now()
    return got
  })
  useFresh(async () => {
    await Promise.all([reload(), loadMe(), readNews()])
  })
  useEffect(() => void readNews(), [])
  const today = dayOf(now, 0)
  const days = data.value?.days ?? []
  const todays = days.find(({ day }) => day === today)?.visits ?? []
  const answers = (me.value?.answers ?? []).filter(({ elder_id }) => elder_id === id)
  return (
    <Page title={elder.value?.name ?? t('title')} tabs>
      <Whose />
      {answers.map((one) => (
        <Link key={one.feedback_id} to={`/family/visit/${one.visit_id}`} class="notice good">
          <Icon name="info" />
          <span class="grow">{t('new_answer')}</span>
          <Icon name="next" />
        </Link>
      ))}
      {newest(news.value).map((one) => (
        <Link key={one.id} to={one.visit_id ? `/family/visit/${one.visit_id}` : '/family'} class="notice">
          <Icon name="bell" />
          <span class="grow">
            <span class="num">{newsTime(one.due_at)}</span> {newsText(one)}
          </span>
          <Icon name="next" />
        </Link>
      ))}
      {error.value && data.value ? (
        <Notice tone="warn">
          <p>{t('as_of', { time: newsTime(at.value) })}</p>
        </Notice>
      ) : null}
      {error.value && !data.value ? (
        <ErrorState error={error.value} onRetry={() => void reload()} />
      ) : !data.value ? (
        <Loading />
      ) : (
        <>
          <section class="today stack">
            <h2>
              {t('today')} <span class="soft">{civilDayName(today)}</span>
            </h2>
            {todays.length ? todays.map((visit) => <VisitCard key={visit.id} visit={visit} />) : <EmptyState icon="calendar" title={t('today_none')} />}
          </section>
          <Group title={t('ahead')} days={days.filter(({ day }) => day > today)} now={now} none={t('ahead_none')} />
          <Group title={t('before')} days={days.filter(({ day }) => day < today).reverse()} now={now} none={t('before_none')} />
          {back.value < FARTHEST && (
            <Button wide busy={busy.value} onClick={() => (back.value += WEEK * 2)}>
              {t('earlier')}
            </Button>
          )}
        </>
      )}
    </Page>
  )
}
