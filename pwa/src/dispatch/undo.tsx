/** Taking the last step back: the board and the page of a visit offer the same. */
import { effect, signal, useSignal } from '@preact/signals'
import { api, asProblem } from '../api/client'
import { me } from '../api/session'
import { common } from '../i18n/common'
import { l } from '../i18n/lanes'
import { mayDispatch } from '../office/access'
import { Button, Icon, toast } from '../ui'
import './undo.css'

export interface Step {
  action_id: string
  what: 'assign' | 'swap' | 'move' | 'cancel' | 'order'
  visit_ids: readonly string[]
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

export function remember({ action_id, visits }: { action_id: string | null; visits: readonly { id: string }[] }, what: Step['what']): void {
  if (!action_id) return
  lastStep.value = { action_id, what, visit_ids: visits.map((one) => one.id), by: me.value?.account_id ?? null }
  clearTimeout(forget)
  forget = setTimeout(() => (lastStep.value = null), UNDO_MS)
}

/** The last step of somebody who may take it back, or on the page of one visit only if it was a step of that. */
export const stepOf = (visit_id?: string): Step | null => {
  const step = me.value && mayDispatch(me.value.role) ? lastStep.value : null
  return step && (visit_id === undefined || step.visit_ids.includes(visit_id)) ? step : null
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
      <span class="grow">{l(`did_${step.what}`)}</span>
      <Button icon="undo" busy={busy.value} onClick={() => void undo()}>
        {l('undo')}
      </Button>
      <Button kind="quiet" icon="cross" aria-label={common('close')} onClick={() => (lastStep.value = null)} />
    </div>
  )
}
