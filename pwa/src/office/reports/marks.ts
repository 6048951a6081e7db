/** What a line of the register says of its verification: the sheet says the same. */
import type { VerifyState } from '../../i18n/common'

const VERIFIED: readonly string[] = ['verified', 'auto_verified'] satisfies VerifyState[]

/** `rejected` was decided and does not count; everything else that is not verified waits for a decision. */
export const markOf = (state: string): 'open' | 'rejected' | null => (VERIFIED.includes(state) ? null : state === 'rejected' ? 'rejected' : 'open')
