/** What the server found about a record, in plain words, and what to do next. The list has one home: schemas/codes.json. */
import { findings } from '../../../schemas/codes.json'
import type { Severity } from '../api/wire'
import { say } from '../i18n'
import { common } from '../i18n/common'

interface Text {
  severity: string
  zh: string
  en: string
  zh_do: string
  en_do: string
}
const known = findings as Record<string, Text | undefined>

/** A code that this version does not know is taken seriously. */
export const severityOf = (code: string): Severity => (known[code]?.severity as Severity | undefined) ?? 'hold'

export interface FindingText {
  code: string
  severity: Severity
  what: string
  next: string
}

export function findingText(code: string): FindingText {
  const text = known[code]
  if (!text) return { code, severity: 'hold', what: common('unknown_finding', { code }), next: common('unknown_finding_do') }
  return { code, severity: severityOf(code), what: say([text.zh, text.en]), next: say([text.zh_do, text.en_do]) }
}

const RANK: Record<Severity, number> = { refuse: 0, hold: 1, warn: 2, info: 3 }
/** The gravest first. */
export const findingTexts = (codes: readonly string[]): FindingText[] =>
  codes.map(findingText).sort((a, b) => RANK[a.severity] - RANK[b.severity])

export const holds = (codes: readonly string[]): boolean => codes.some((code) => ['hold', 'refuse'].includes(severityOf(code)))
