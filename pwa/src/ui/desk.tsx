/** Parts that only the desk screens (office and dispatch) use; loaded with them, not with the phone's first screen. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren, RefObject } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { asProblem, fieldMessage } from '../api/problem'
import { common } from '../i18n/common'
import { Button, clock, Icon, type IconName, Notice } from './index'
import './desk.css'

/** True when the window is at least `min` px wide. */
export function useWide(min = 900): boolean {
  const list = matchMedia(`(min-width: ${min}px)`)
  const wide = useSignal(list.matches)
  useEffect(() => {
    const follow = () => (wide.value = list.matches)
    follow()
    list.addEventListener('change', follow)
    return () => list.removeEventListener('change', follow)
  }, [min])
  return wide.value
}

/**
 * The width of an element in CSS pixels, so that a drawing can be made at its true size.
 * It comes a moment after the window's: the drawing needs `max-width: 100%`, or it pushes the page wider until then.
 */
export function useWidth(box: RefObject<HTMLElement | null>, first = 320): number {
  const width = useSignal(first)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const watch = new ResizeObserver(() => (width.value = Math.max(240, Math.floor(element.clientWidth))))
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  return width.value
}

/** The page's own heading: it names the tab and takes the focus when the screen opens. */
export function PageHead({ title, note, back, children }: { title: string; note?: ComponentChildren; back?: () => void; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    document.title = `${title} · ${common('app')}`
  }, [title])
  return (
    <header class="page-head">
      {back && <Button kind="quiet" icon="back" class="page-back" onClick={back} aria-label={common('back')} />}
      <div class="grow">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {note && <p class="soft">{note}</p>}
      </div>
      {children && <div class="page-actions">{children}</div>}
    </header>
  )
}

export interface Chip<V extends string> {
  value: V
  label: string
  count?: number | null
  icon?: IconName
  tone?: '' | 'good' | 'warn' | 'bad' | 'info'
}

/** Filters of which one is on. */
export function Chips<V extends string>(props: { label: string; chips: readonly Chip<V>[]; value: V; onChange: (value: V) => void }) {
  return (
    <div class="chips" role="group" aria-label={props.label}>
      {props.chips.map((chip) => (
        <button
          key={chip.value}
          type="button"
          class={`chip ${chip.tone ?? ''} ${chip.count === 0 ? 'zero' : ''}`}
          aria-pressed={props.value === chip.value}
          onClick={() => props.onChange(chip.value)}
        >
          {chip.icon && <Icon name={chip.icon} />}
          <span>{chip.label}</span>
          {chip.count !== null && chip.count !== undefined && <b class="num">{chip.count}</b>}
        </button>
      ))}
    </div>
  )
}

const TYPING_MS = 350

/** Tells what is searched when the typing rests; never in the middle of a pinyin composition. */
export function SearchBox({ label, value, onSearch, inside }: {
  label: string
  value: string
  onSearch: (text: string) => void
  /** It stands inside another form. */
  inside?: boolean
}) {
  const text = useSignal(value)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const composing = useRef(false)
  const id = useId()
  useEffect(() => () => clearTimeout(timer.current), [])
  const tell = (now = false) => {
    clearTimeout(timer.current)
    if (composing.current) return
    timer.current = setTimeout(() => onSearch(text.value.trim()), now ? 0 : TYPING_MS)
  }
  const take = (next: string) => {
    text.value = next
    tell()
  }
  return (
    <div class="search" role={inside ? undefined : 'search'}>
      <label class="only-read" for={id}>
        {label}
      </label>
      <Icon name="search" />
      <input
        id={id}
        class="input"
        type="search"
        autocomplete="off"
        enterkeyhint="search"
        placeholder={label}
        value={text}
        onCompositionStart={() => (composing.current = true)}
        onCompositionEnd={(event) => {
          composing.current = false
          take(event.currentTarget.value)
        }}
        onInput={(event) => take(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || composing.current) return
          event.preventDefault()
          tell(true)
        }}
      />
    </div>
  )
}

export interface Option<V extends string> {
  value: V
  label: string
  hint?: string
  icon?: IconName
  disabled?: boolean
}

/** One of few, as radio buttons with large faces. */
export function Choices<V extends string>(props: {
  legend: string
  options: readonly Option<V>[]
  value: V | null
  onChange: (value: V) => void
  compact?: boolean
}) {
  const name = useId()
  return (
    <fieldset class={props.compact ? 'choices compact' : 'choices'}>
      <legend>{props.legend}</legend>
      <div class="choices-row">
        {props.options.map((option) => (
          <label key={option.value} class={option.disabled ? 'choice-box off' : 'choice-box'}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={props.value === option.value}
              disabled={option.disabled}
              onChange={() => props.onChange(option.value)}
            />
            {option.icon && <Icon name={option.icon} />}
            <span>
              {option.label}
              {option.hint && <small class="soft">{option.hint}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** What is on the screen is kept, but could not be read again. */
export function StaleNotice({ error, at, onRetry }: { error: unknown; at: number | null; onRetry: () => void }) {
  const problem = asProblem(error)
  return (
    <Notice tone="warn" icon={problem.status === 0 ? 'offline' : 'warn'}>
      <div class="row wrap spread">
        <span>
          {problem.title}
          {at !== null && ` · ${common('shown_of', { time: clock(at) })}`}
        </span>
        <Button kind="plain" icon="refresh" onClick={onRetry}>
          {common('retry')}
        </Button>
      </div>
    </Notice>
  )
}

/** A failure inside a dialog or a form: what went wrong, without taking the place of what was typed. */
export function ProblemNotice({ error }: { error: unknown }) {
  if (!error) return null
  const problem = asProblem(error)
  return (
    <Notice tone="bad" icon={problem.status === 0 ? 'offline' : 'warn'}>
      <b>{problem.title}</b>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((line) => (
            <li key={line.field + line.message}>{fieldMessage(line)}</li>
          ))}
        </ul>
      )}
      <p>
        <small>{common('error_code', { code: problem.code })}</small>
      </p>
    </Notice>
  )
}
