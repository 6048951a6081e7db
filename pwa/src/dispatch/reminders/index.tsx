/** Reminders at the desk: whom to telephone, what to look at, texts that were not sent, and how people are reminded. */
import { useEffect } from 'preact/hooks'
import type { Me } from '../../api/wire'
import { r } from '../../i18n/desk-reminders'
import { navigate } from '../../router'
import { ErrorState, Loading } from '../../ui'
import { type Chip, Chips, PageHead, StaleNotice } from '../../ui/desk'
import { Calls } from './calls'
import { calls, desk, failed, read, start } from './counts'
import { Dead } from './dead'
import { DeskList } from './desk'
import { manages, type Part } from './parts'
import { Settings } from './settings'
import './reminders.css'

export function Reminders({ who, part }: { who: Me; part: Part }) {
  useEffect(() => {
    start()
    void read()
  }, [part])
  const chips: Chip<Part>[] = [
    { value: 'calls', label: r('part_calls'), icon: 'call', tone: 'bad', count: calls.value?.length ?? null },
    { value: 'desk', label: r('part_desk'), icon: 'warn', tone: 'warn', count: desk.value?.length ?? null },
    ...(manages(who) ? [{ value: 'dead', label: r('part_dead'), icon: 'send' } as const] : []),
    { value: 'settings', label: r('part_settings'), icon: 'settings' },
  ]
  const body = () => {
    if (part === 'settings') return <Settings who={who} />
    if (part === 'dead') return <Dead />
    const list = part === 'calls' ? calls.value : desk.value
    if (list === null) return failed.value ? <ErrorState error={failed.value} onRetry={() => void read()} /> : <Loading />
    return (
      <>
        {failed.value !== null && <StaleNotice error={failed.value} at={null} onRetry={() => void read()} />}
        {part === 'calls' ? <Calls /> : <DeskList />}
      </>
    )
  }
  return (
    <div class="stack page">
      <PageHead title={r('title')} />
      <Chips label={r('parts')} chips={chips} value={part} onChange={(next) => navigate(next === 'calls' ? '/dispatch/reminders' : `/dispatch/reminders/${next}`)} />
      {body()}
    </div>
  )
}
