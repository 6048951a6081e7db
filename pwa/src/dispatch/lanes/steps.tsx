/** What may be done with a visit of the board: each step says its conflicts before it is saved, and can be taken back. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { api } from '../../api/client'
import { common, serviceName, type ServiceType } from '../../i18n/common'
import { conflictName, l } from '../../i18n/lanes'
import { contentName } from '../../i18n/services'
import { Link } from '../../router'
import { Button, civilDay, clock, Dialog, Field, Loading, Notice, toast } from '../../ui'
import { Choices, ProblemNotice } from '../../ui/desk'
import { instant } from '../board'
import { remember, type Step } from '../undo'
import type { Board, BoardCaregiver, BoardVisit, Conflict, Done, Foreseen, PlannedChange } from './wire'

export function visitLine(visit: BoardVisit): string {
  return `${visit.elder.name} · ${serviceName(visit.service_type as ServiceType)} ${contentName(visit.content)} · ${clock(visit.window_start)}–${clock(visit.window_end)}`
}

/** Asks the server what speaks against some changes, whenever they change. */
function useConflicts(changes: PlannedChange[] | null) {
  const found = useSignal<Conflict[] | null>(null)
  const failed = useSignal<unknown>(null)
  const key = JSON.stringify(changes)
  useEffect(() => {
    found.value = null
    failed.value = null
    if (!changes) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      api.post<Foreseen>('/api/v1/visits/preview', { changes }, { signal: stop.signal }).then(
        ({ visits }) => (found.value = visits.flatMap(({ conflicts }) => conflicts)),
        (error: unknown) => !stop.signal.aborted && (failed.value = error),
      )
    }, 250)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [key])
  return { found, failed }
}

function Conflicts({ list, board }: { list: readonly Conflict[]; board: Board }) {
  if (!list.length) {
    return (
      <Notice tone="good">
        <p>{l('fine')}</p>
      </Notice>
    )
  }
  const stops = list.some(({ severity }) => severity === 'stop')
  const names = new Map(board.caregivers.map((one) => [one.id, one.name]))
  const others = new Map(board.visits.map((one) => [one.id, one]))
  return (
    <Notice tone={stops ? 'bad' : 'warn'}>
      <b>{l(stops ? 'stop' : 'warn')}</b>
      <ul>
        {list.map((one, i) => {
          const other = one.other_visit_id ? others.get(one.other_visit_id) : undefined
          return (
            <li key={i}>
              {one.caregiver_id && <b>{names.get(one.caregiver_id) ?? ''} </b>}
              {conflictName(one.code)}
              {other && l('with', { elder: other.elder.name, at: clock(other.window_start) })}
            </li>
          )
        })}
      </ul>
    </Notice>
  )
}

interface StepProps {
  title: string
  visit: BoardVisit
  board: Board
  /** What would be changed; null as long as nothing is chosen. */
  changes: PlannedChange[] | null
  what: Step['what']
  save: (anyway: boolean) => Promise<Done>
  onClose: (changed: boolean) => void
  children?: ComponentChildren
}

function StepDialog({ title, visit, board, changes, what, save, onClose, children }: StepProps) {
  const busy = useSignal(false)
  const refused = useSignal<unknown>(null)
  const { found, failed } = useConflicts(changes)
  const list = found.value
  const stops = list?.some(({ severity }) => severity === 'stop') ?? false
  const run = async () => {
    busy.value = true
    refused.value = null
    try {
      remember(await save((list?.length ?? 0) > 0), what)
      toast(l('done'))
      onClose(true)
    } catch (error) {
      refused.value = error
      busy.value = false
    }
  }
  return (
    <Dialog
      title={title}
      onClose={() => onClose(false)}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{common('cancel')}</Button>
          <Button kind="primary" busy={busy.value} disabled={!changes || !list || stops} onClick={() => void run()}>
            {l(list?.length ? 'save_anyway' : 'save')}
          </Button>
        </>
      }
    >
      <p>
        <b>{visitLine(visit)}</b>
      </p>
      {children}
      {changes && !list && !failed.value && <Loading label={l('checking')} />}
      {changes && list && <Conflicts list={list} board={board} />}
      <ProblemNotice error={failed.value ?? refused.value} />
    </Dialog>
  )
}

export function SendDialog({ visit, board, to, onClose }: { visit: BoardVisit; board: Board; to?: string | undefined; onClose: (changed: boolean) => void }) {
  const chosen = useSignal<readonly string[]>(to ? [to] : visit.caregiver_ids)
  const scope = useSignal<'one' | 'series'>('one')
  const same = chosen.value.length === visit.caregiver_ids.length && chosen.value.every((id) => visit.caregiver_ids.includes(id))
  const ready = chosen.value.length > 0 && !(same && scope.value === 'one')
  const mine = board.caregivers.filter((one) => one.provider_id === visit.provider_id && (one.employed || chosen.value.includes(one.id)))
  return (
    <StepDialog
      title={l('send')}
      visit={visit}
      board={board}
      what={visit.caregiver_ids.length ? 'assign' : 'send'}
      changes={ready ? [{ visit_id: visit.id, caregiver_ids: [...chosen.value], scope: scope.value }] : null}
      save={(anyway) => api.put<Done>(`/api/v1/visits/${visit.id}/caregivers`, { caregiver_ids: chosen.value, scope: scope.value, anyway })}
      onClose={onClose}
    >
      <fieldset class="pick-list">
        <legend>{l('who')}</legend>
        {mine.map((one) => (
          <label key={one.id} class="pick">
            <input
              type="checkbox"
              checked={chosen.value.includes(one.id)}
              onChange={(event) => (chosen.value = event.currentTarget.checked ? [...chosen.value, one.id] : chosen.value.filter((id) => id !== one.id))}
            />
            <span class="grow">
              <b>{one.name}</b> {one.on_leave && <span class="soft">{l('on_leave')}</span>}
            </span>
          </label>
        ))}
      </fieldset>
      {visit.kind === 'planned' && (
        <Choices
          compact
          legend={l('scope')}
          value={scope.value}
          onChange={(next) => (scope.value = next)}
          options={[
            { value: 'one', label: l('scope_one') },
            { value: 'series', label: l('scope_series') },
          ]}
        />
      )}
    </StepDialog>
  )
}

export function MoveDialog({ visit, board, onClose }: { visit: BoardVisit; board: Board; onClose: (changed: boolean) => void }) {
  const day = useSignal(civilDay(visit.window_start))
  const [from, to, why] = [useSignal(clock(visit.window_start)), useSignal(clock(visit.window_end)), useSignal('')]
  const window = /^\d\d:\d\d$/.test(from.value) && /^\d\d:\d\d$/.test(to.value) && day.value && from.value < to.value ? { window_start: instant(day.value, from.value), window_end: instant(day.value, to.value) } : null
  const moved = window && (Date.parse(window.window_start) !== Date.parse(visit.window_start) || Date.parse(window.window_end) !== Date.parse(visit.window_end))
  return (
    <StepDialog
      title={l('move')}
      visit={visit}
      board={board}
      what="move"
      changes={moved && why.value.trim() ? [{ visit_id: visit.id, window, scope: 'one' }] : null}
      save={(anyway) => api.put<Done>(`/api/v1/visits/${visit.id}/window`, { ...window, reason: why.value.trim(), anyway })}
      onClose={onClose}
    >
      <Field label={l('day')}>{(tied) => <input {...tied} class="input" type="date" value={day.value} onInput={(event) => (day.value = event.currentTarget.value)} />}</Field>
      <div class="row">
        <Field label={l('from')}>{(tied) => <input {...tied} class="input" type="time" value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} />}</Field>
        <Field label={l('to')}>{(tied) => <input {...tied} class="input" type="time" value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} />}</Field>
      </div>
      <Field label={l('why')} hint={l('why_reader')}>{(tied) => <input {...tied} class="input" maxLength={100} value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} />}</Field>
    </StepDialog>
  )
}

export function SwapDialog({ visit, board, onClose }: { visit: BoardVisit; board: Board; onClose: (changed: boolean) => void }) {
  const other = useSignal('')
  const choices = board.visits.filter((one) => one.id !== visit.id && one.provider_id === visit.provider_id && isOpen(one) && one.caregiver_ids.length > 0 && one.caregiver_ids.join() !== visit.caregiver_ids.join())
  const taken = choices.find((one) => one.id === other.value)
  const names = new Map(board.caregivers.map((one: BoardCaregiver) => [one.id, one.name]))
  return (
    <StepDialog
      title={l('swap')}
      visit={visit}
      board={board}
      what="swap"
      changes={
        taken
          ? [
              { visit_id: visit.id, caregiver_ids: taken.caregiver_ids, scope: 'one' },
              { visit_id: taken.id, caregiver_ids: visit.caregiver_ids, scope: 'one' },
            ]
          : null
      }
      save={(anyway) => api.post<Done>(`/api/v1/visits/${visit.id}/swap`, { other_id: other.value, anyway })}
      onClose={onClose}
    >
      <Field label={l('swap_hint')}>
        {(tied) => (
          <select {...tied} class="input" value={other.value} onChange={(event) => (other.value = event.currentTarget.value)}>
            <option value="" />
            {choices.map((one) => (
              <option key={one.id} value={one.id}>
                {visitLine(one)} · {one.caregiver_ids.map((id) => names.get(id) ?? '').join('、')}
              </option>
            ))}
          </select>
        )}
      </Field>
    </StepDialog>
  )
}

export const isOpen = (visit: Pick<BoardVisit, 'state'>): boolean => ['planned', 'assigned', 'late'].includes(visit.state)

export type Chosen = 'send' | 'move' | 'swap' | 'cancel'

/** What a tap on a visit offers. */
export function Menu({ visit, may, onChoose, onClose }: { visit: BoardVisit; may: boolean; onChoose: (what: Chosen) => void; onClose: () => void }) {
  const open = may && isOpen(visit) && visit.started_at === null
  return (
    <Dialog title={visit.elder.name} onClose={onClose} actions={<Button onClick={onClose}>{common('close')}</Button>}>
      <p>{visitLine(visit)}</p>
      <p class="soft">{visit.address}</p>
      <div class="stack tight">
        <Link to={`/dispatch/visits/${visit.id}`} class="button plain wide">
          {l('open')}
        </Link>
        {open && (
          <>
            <Button wide icon="people" onClick={() => onChoose('send')}>
              {l('send')}
            </Button>
            <Button wide icon="clock" onClick={() => onChoose('move')}>
              {l('move')}
            </Button>
            {visit.caregiver_ids.length > 0 && (
              <Button wide icon="undo" onClick={() => onChoose('swap')}>
                {l('swap')}
              </Button>
            )}
            <Button wide kind="danger" icon="cross" onClick={() => onChoose('cancel')}>
              {l('cancel')}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  )
}
