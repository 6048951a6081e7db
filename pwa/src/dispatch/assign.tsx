/** Who goes: the suitable caregivers first, and for the others why they cannot. */
import { useSignal } from '@preact/signals'
import { api } from '../api/client'
import type { Candidate, Done, VisitRow } from '../api/wire'
import { common } from '../i18n/common'
import { t } from '../i18n/dispatch'
import { findingText } from '../i18n/remedies'
import { useRead } from '../office/load'
import { Button, Dialog, EmptyState, ErrorState, Icon, Loading, toast } from '../ui'
import { monthDay } from '../ui/format'
import { ProblemNotice, SearchBox } from '../ui/desk'
import { windowText } from './evidence'
import { serviceLine } from './states'
import { remember } from './undo'

const OWN = ['QUALIFICATION_MISSING', 'OVERLAP', 'ON_LEAVE', 'NOT_EMPLOYED', 'OTHER_PROVIDER', 'NO_DEVICE'] as const
const SEARCH_FROM = 8
const MOST = 4

export function obstacleText(code: string): string {
  if ((OWN as readonly string[]).includes(code)) return t(`o_${code as (typeof OWN)[number]}`)
  const text = findingText(code)
  return text === code ? t('o_other', { code }) : text
}

export function AssignDialog({ visit, onClose }: { visit: VisitRow; onClose: (changed: VisitRow | null) => void }) {
  const list = useRead(visit.id, (signal) => api.get<{ items: Candidate[] }>(`/api/v1/visits/${visit.id}/candidates`, {}, { signal }))
  const before = visit.caregivers.map((one) => one.id)
  const chosen = useSignal<ReadonlySet<string>>(new Set(before))
  const q = useSignal('')
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const items = list.data.value?.items ?? []
  const found = items.filter((one) => one.name.includes(q.value))
  // Whoever is assigned already can always be taken off.
  const open = (one: Candidate) => one.obstacles.length === 0 || before.includes(one.id)
  const ready = found.filter(open).sort((a, b) => Number(before.includes(b.id)) - Number(before.includes(a.id)))
  const others = found.filter((one) => !open(one))
  const n = chosen.value.size
  const same = chosen.value.size === before.length && before.every((id) => chosen.value.has(id))
  const flip = (id: string) => {
    const next = new Set(chosen.value)
    if (!next.delete(id)) next.add(id)
    chosen.value = next
  }
  const save = async () => {
    busy.value = true
    failed.value = null
    try {
      const done = await api.put<Done>(`/api/v1/visits/${visit.id}/caregivers`, { caregiver_ids: [...chosen.value], anyway: true })
      const row = done.visits[0] ?? visit
      remember(done, before.length ? 'assign' : 'send')
      toast(t('assign_done', { names: row.caregivers.map((one) => one.name).join(t('g_and')) }))
      onClose(row)
    } catch (error) {
      failed.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={t(before.length ? 'reassign_title' : 'assign_title')}
      onClose={() => onClose(null)}
      actions={
        <>
          <Button onClick={() => onClose(null)}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={same || n < 1 || n > MOST || !list.data.value} onClick={() => void save()}>
            {n > MOST ? t('assign_most') : n < 1 ? t('assign_need') : same ? t('assign_same') : t('assign_do', { n })}
          </Button>
        </>
      }
    >
      <p>
        <b>{visit.elder.name}</b> · {serviceLine(visit)}
        <br />
        <span class="num">
          {monthDay(visit.window_start)} {windowText(visit)}
        </span>
        <span class="soft"> · {visit.household.address}</span>
      </p>
      {list.data.value === null ? (
        list.error.value ? (
          <ErrorState error={list.error.value} onRetry={() => void list.reload()} />
        ) : (
          <Loading />
        )
      ) : items.length === 0 ? (
        <EmptyState icon="people" title={t('assign_nobody')} />
      ) : (
        <>
          {items.length > SEARCH_FROM && <SearchBox label={t('assign_search')} value="" onSearch={(text) => (q.value = text)} />}
          <fieldset class="pick-list">
            <legend>{t('assign_who')}</legend>
            {ready.map((one) => (
              <label key={one.id} class="pick">
                <input type="checkbox" checked={chosen.value.has(one.id)} onChange={() => flip(one.id)} />
                <span class="grow">
                  <b>{one.name}</b>
                  {one.obstacles.length > 0 && <Obstacles codes={one.obstacles} />}
                </span>
                {before.includes(one.id) && <span class="soft">{t('assign_now')}</span>}
              </label>
            ))}
            {ready.length === 0 && (
              <p class="soft">
                {t('assign_none')} {others.length > 0 && t('assign_none_hint')}
              </p>
            )}
          </fieldset>
          {others.length > 0 && (
            <details class="not-now" open={ready.length === 0}>
              <summary>{t('assign_obstacles', { n: others.length })}</summary>
              <ul>
                {others.map((one) => (
                  <li key={one.id}>
                    <b>{one.name}</b>
                    <Obstacles codes={one.obstacles} />
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}

function Obstacles({ codes }: { codes: readonly string[] }) {
  return (
    <span class="obstacles">
      {codes.map((code) => (
        <span key={code} class="with-icon">
          <Icon name="warn" />
          {obstacleText(code)}
        </span>
      ))}
    </span>
  )
}
