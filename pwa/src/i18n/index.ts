/** The language in use, and typed catalogues of words in which Chinese and English stand side by side. */
import { signal } from '@preact/signals'

export type Lang = 'zh' | 'en'
export type Pair = readonly [zh: string, en: string]
export type Params = Readonly<Record<string, string | number>>

const STORED = 'doorstep.lang'

function firstLang(): Lang {
  try {
    const stored = localStorage.getItem(STORED)
    if (stored === 'zh' || stored === 'en') return stored
  } catch {
    // Storage may be shut off; Chinese is the default anyway.
  }
  return 'zh'
}

export const lang = signal<Lang>(firstLang())

export function setLang(next: Lang): void {
  lang.value = next
  try {
    localStorage.setItem(STORED, next)
  } catch {
    // The choice then lasts as long as the page.
  }
  if (typeof document !== 'undefined') document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
}

/** The text of a pair in the language in use. Reading it in a component makes the component follow the language. */
export function say(pair: Pair, params?: Params): string {
  const text = pair[lang.value === 'zh' ? 0 : 1]
  return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text
}

export type Words<T extends Record<string, Pair>> = ((key: keyof T & string, params?: Params) => string) & { readonly table: T }

/** One catalogue a file: `const t = words({ save: ['保存', 'Save'] })`, then `t('save')`. */
export function words<const T extends Record<string, Pair>>(table: T): Words<T> {
  const read = (key: keyof T & string, params?: Params) => say(table[key] as Pair, params)
  return Object.assign(read, { table })
}
