/** Taking the last step back: the board and the page of a visit offer the same. */
import { effect, signal, useSignal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import { me } from '../api/session'
import type { VisitRow } from '../api/wire'
import { common } from '../i18n/common'
import { l } from '../i18n/lanes'
import { mayDispatch } from '../office/access'
import { Button, civilDay, clock, dayClock, Icon, toast } from '../ui'
import './undo.css'

type Touched = Pick<VisitRow, 'id' | 'elder' | 'window_start'>

export interface Step {
  action_id: string
  /** `send`: somebody, where nobody was sent before. */
  what: 'send' | 'assign' | 'swap' | 'move' | 'cancel' | 'order'
  visits: readonly Touched[]
  /** The account that made it: on a shared computer the next one is offered nothing of it. */
  by: string | null
}

/** The last step of this window, as long as it can be taken back. */
export const lastStep = signal<Step | null>(null)
const UNDO_MS = 10 * 60_000
let forget: ReturnType<typeof setTimeout> | undefined
effect(() => {
  const who = me.value?.account_id ?? null
  if (lastStep.value && lastStep.value.by !== who) lastStep.value = null
})

export function remember({ action_id, visits }: { action_id: string | null; visits: readonly Touched[] }, what: Step['what']): void {
  if (!action_id) return
  lastStep.value = { action_id, what, visits: visits.map(({ id, elder, window_start }) => ({ id, elder, window_start })), by: me.value?.account_id ?? null }
  clearTimeout(forget)
  forget = setTimeout(() => (lastStep.value = null), UNDO_MS)
}

/** The last step of somebody who may take it back, or on the page of one visit only if it was a step of that. */
export const stepOf = (visit_id?: string): Step | null => {
  const step = me.value && mayDispatch(me.value.role) ? lastStep.value : null
  return step && (visit_id === undefined || step.visits.some((one) => one.id === visit_id)) ? step : null
}

const NAMED = 2

/** What the step was, and of which visits: the bar stays when another day is looked at. */
export function stepText({ what, visits }: Pick<Step, 'what' | 'visits'>): string {
  const today = civilDay(Date.now())
  const first = [...visits].sort((a, b) => Date.parse(a.window_start) - Date.parse(b.window_start)).slice(0, visits.length > NAMED ? 1 : NAMED)
  const named = first.map(({ elder, window_start }) => `${elder.name} ${civilDay(window_start) === today ? clock(window_start) : dayClock(window_start)}`).join(l('and'))
  const did = l(`did_${what}`)
  if (!named) return did
  return l('did_of', { did, visits: visits.length > NAMED ? l('did_many', { visits: named, n: visits.length }) : named })
}

export function UndoBar({ visit_id, onUndone }: { visit_id?: string; onUndone: () => void }) {
  const busy = useSignal(false)
  const step = stepOf(visit_id)
  if (!step) return null
  const undo = async () => {
    busy.value = true
    try {
      await api.post(`/api/v1/actions/${step.action_id}/undo`)
      toast(l('undone'))
      lastStep.value = null
      onUndone()
    } catch (error) {
      const problem = asProblem(error)
      toast(problem.title, { bad: true })
      if (!problem.passing) lastStep.value = null
    }
    busy.value = false
  }
  return (
    <div class="undo-bar" role="status">
      <Icon name="check" />
      <span class="grow">{stepText(step)}</span>
      <Button icon="undo" busy={busy.value} onClick={() => void undo()}>
        {l('undo')}
      </Button>
      <Button kind="quiet" icon="cross" aria-label={common('close')} onClick={() => (lastStep.value = null)} />
    </div>
  )
}
