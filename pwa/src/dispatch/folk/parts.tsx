/** What the files of elders and caregivers share: lines of visits, days in words, one dialog with something to save. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { VisitRow } from '../../api/wire'
import { common } from '../../i18n/common'
import { Link } from '../../router'
import { Button, Dialog, fullDay, Icon } from '../../ui'
import { dayClock } from '../../ui/format'
import { ProblemNotice } from '../../ui/desk'
import { serviceLine, StateTags } from '../states'

export const day = (civil: string): string => fullDay(`${civil}T12:00:00+08:00`)

export function VisitLines({ visits, now }: { visits: readonly VisitRow[]; now: number }) {
  return (
    <ul class="plain folk-visits">
      {visits.map((visit) => (
        <li key={visit.id}>
          <Link to={`/dispatch/visits/${visit.id}`} class="folk-visit">
            <span class="num">{dayClock(visit.started_at ?? visit.window_start)}</span>
            <span class="grow">
              {visit.elder.name} · {serviceLine(visit)} · {visit.caregivers.map((one) => one.name).join('、') || '—'}
            </span>
            <StateTags row={visit} now={now} />
            <Icon name="next" />
          </Link>
        </li>
      ))}
    </ul>
  )
}

export function SaveDialog({ title, ready, save, onClose, action, children }: { title: string; ready: boolean; save: () => Promise<void>; onClose: () => void; action?: string; children: ComponentChildren }) {
  const busy = useSignal(false)
  const failed = useSignal<unknown>(null)
  const run = async () => {
    busy.value = true
    failed.value = null
    try {
      await save()
    } catch (error) {
      failed.value = error
    }
    busy.value = false
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={!ready} onClick={() => void run()}>
            {action ?? common('save')}
          </Button>
        </>
      }
    >
      {children}
      <ProblemNotice error={failed.value} />
    </Dialog>
  )
}
