/** The parts of the reminders page, and who sees which. */
import type { Me } from '../../api/wire'

const PARTS = ['calls', 'desk', 'dead', 'settings'] as const
export type Part = (typeof PARTS)[number]

/** By the word in the address; the call list has none. */
export const partOf = (word: string | undefined): Part | null => (word === undefined ? 'calls' : (PARTS.slice(1).find((part) => part === word) ?? null))

export const manages = ({ role }: Pick<Me, 'role'>): boolean => role === 'manager' || role === 'admin'
