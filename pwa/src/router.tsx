/** The address bar as a signal, links that do not reload, and matching of paths such as `/visits/:id`. */
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

const here = () => (typeof location === 'undefined' ? '/' : location.pathname)

export const path = signal(here())
export const query = signal(typeof location === 'undefined' ? '' : location.search)

function read(): void {
  path.value = here()
  query.value = location.search
}

export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return
  history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', to)
  read()
  scrollTo(0, 0)
}

/** Goes back inside the app, or to `fallback` when the page was opened directly. */
export function goBack(fallback: string): void {
  if ((history.state as { inside?: boolean } | null)?.inside) history.back()
  else navigate(fallback, { replace: true })
}

if (typeof addEventListener !== 'undefined') addEventListener('popstate', read)

/** `match('/visits/:id', '/visits/7')` is `{ id: '7' }`; null when it does not fit. */
export function match(pattern: string, actual: string): Record<string, string> | null {
  const [wanted, given] = [pattern, actual].map((text) => text.split('/').filter(Boolean)) as [string[], string[]]
  if (wanted.length !== given.length) return null
  const found: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const value = given[i] as string
    if (part.startsWith(':')) {
      try {
        found[part.slice(1)] = decodeURIComponent(value)
      } catch {
        return null
      }
    } else if (part !== value) return null
  }
  return found
}

export function Link(props: { to: string; class?: string; children: ComponentChildren; 'aria-current'?: 'page'; 'aria-label'?: string }) {
  const { to, ...rest } = props
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
        event.preventDefault()
        navigate(to)
      }}
    />
  )
}
