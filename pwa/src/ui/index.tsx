/** The shared parts of every screen. Areas use these instead of making their own. */
import { signal } from '@preact/signals'
import type { ComponentChildren, TargetedMouseEvent } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { asProblem, fieldMessage } from '../api/problem'
import { common } from '../i18n/common'
import { Icon, type IconName } from './icons'

export { Icon, type IconName } from './icons'
export * from './format'

export interface ButtonProps {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  icon?: IconName
  busy?: boolean
  wide?: boolean
  big?: boolean
  disabled?: boolean
  type?: 'button' | 'submit'
  class?: string
  id?: string
  onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void
  'aria-label'?: string
  'aria-pressed'?: boolean
  'aria-expanded'?: boolean
  children?: ComponentChildren
}

export function Button({ kind = 'plain', icon, busy, wide, big, disabled, class: extra, type = 'button', children, ...rest }: ButtonProps) {
  const names = ['button', kind, wide && 'wide', big && 'big', extra].filter(Boolean).join(' ')
  return (
    <button {...rest} type={type} class={names} disabled={disabled || busy} aria-busy={busy ? 'true' : undefined}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  )
}

export interface FieldProps {
  label: string
  hint?: string
  error?: string | null
  /** Gets the ids that tie the control to its label and messages. */
  children: (tied: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': 'true' | undefined }) => ComponentChildren
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {children({ id, 'aria-describedby': notes, 'aria-invalid': error ? 'true' : undefined })}
      {error && (
        <span class="error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}

export interface DialogProps {
  title: string
  onClose: () => void
  actions?: ComponentChildren
  children?: ComponentChildren
}

/** Shown as long as it is rendered. Escape and the system's back gesture close it. */
export function Dialog({ title, onClose, actions, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null)
  const gone = useRef(false)
  const id = useId()
  useEffect(() => {
    const dialog = box.current
    const before = document.activeElement
    if (dialog && !dialog.open) {
      if (dialog.showModal) dialog.showModal()
      else dialog.setAttribute('open', '')
      // What is inside may still be loading: the title is a better start than whatever button is there already.
      if (!dialog.querySelector('[autofocus]')) dialog.querySelector<HTMLElement>('h2')?.focus()
    }
    return () => {
      gone.current = true
      dialog?.close?.()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        // Putting away the chooser of a file inside is a `cancel` too, and it bubbles.
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        onClose()
      }}
      onClose={() => {
        // A second Escape closes without asking: a dialog that must stay comes back.
        if (gone.current) return
        onClose()
        setTimeout(() => {
          if (!gone.current && box.current && !box.current.open) box.current.showModal?.()
        })
      }}
    >
      <div class="dialog-inside">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        {children}
        {actions && <div class="dialog-actions">{actions}</div>}
      </div>
    </dialog>
  )
}

export function Progress({ done, total, label }: { done: number; total: number | null; label: string }) {
  return (
    <div class="progress">
      <span class="row spread">
        <span>{label}</span>
        {total !== null && (
          <span class="num">
            {done} / {total}
          </span>
        )}
      </span>
      {total === null ? <progress aria-label={label} /> : <progress aria-label={label} value={done} max={Math.max(total, 1)} />}
    </div>
  )
}

interface ToastLine {
  id: number
  text: string
  bad: boolean
}
const toasts = signal<ToastLine[]>([])
let toastId = 0

/** A short message that goes away by itself; never the only place where a failure is shown. Of good news the newest. */
export function toast(text: string, { bad = false, ms = 5000 }: { bad?: boolean; ms?: number } = {}): void {
  const line = { id: ++toastId, text, bad }
  toasts.value = [...toasts.value.filter((other) => other.bad).slice(-1), line]
  setTimeout(() => (toasts.value = toasts.value.filter((other) => other !== line)), ms)
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((line) => (
        <div key={line.id} class={line.bad ? 'toast bad' : 'toast'}>
          {line.text}
        </div>
      ))}
    </div>
  )
}

export type RecordWord = 'on_phone' | 'reached' | 'accepted' | 'counted'
const WORD_ICONS: Record<RecordWord | 'refused', IconName> = {
  on_phone: 'phone',
  reached: 'check',
  accepted: 'reached',
  counted: 'counted',
  refused: 'warn',
}

/** One of the four words that everybody sees, the same everywhere. */
export function StatusWord({ word, refused = false }: { word: RecordWord; refused?: boolean }) {
  const shown = refused ? 'refused' : word
  return (
    <span class={`word ${shown}`} title={refused ? undefined : common(`word_${word}_hint`)}>
      <Icon name={WORD_ICONS[shown]} />
      {common(`word_${shown}`)}
    </span>
  )
}

/** A small coloured word for other states. */
export function Tag({ tone = '', icon, children }: { tone?: '' | 'good' | 'warn' | 'bad' | 'info'; icon?: IconName; children: ComponentChildren }) {
  return (
    <span class={`word ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  )
}

export function Notice({ tone = '', icon, children }: { tone?: '' | 'good' | 'warn' | 'bad'; icon?: IconName; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={icon ?? (tone === 'good' ? 'check' : tone ? 'warn' : 'info')} />
      <div class="grow">{children}</div>
    </div>
  )
}

export function EmptyState({ icon = 'empty', title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state-box">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Any thrown thing in plain words of the reader's language, with its code for the help desk. */
export function ErrorState({ error, onRetry, children }: { error: unknown; onRetry?: () => void; children?: ComponentChildren }) {
  const problem = asProblem(error)
  return (
    <div class="state-box bad" role="alert">
      <Icon name={problem.status === 0 ? 'offline' : 'warn'} />
      <h2>{problem.title}</h2>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((line) => (
            <li key={line.field + line.message}>
              <b>{line.field}</b> {fieldMessage(line)}
            </li>
          ))}
        </ul>
      )}
      <p class="small">{common('error_code', { code: problem.code })}</p>
      {onRetry && (
        <Button kind="primary" icon="refresh" onClick={onRetry}>
          {common('retry')}
        </Button>
      )}
      {children}
    </div>
  )
}

export function Loading({ label }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label ?? common('loading')}
    </div>
  )
}
