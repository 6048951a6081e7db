/** Why the phone's own storage would not do it, in the few ways that need different words. */

/** `full`: no room. `refused`: a private window, or switched off. `newer`: another window has updated the app. */
export type Trouble = 'full' | 'refused' | 'newer' | 'failed'

const NAMES: Record<string, Trouble> = {
  QuotaExceededError: 'full',
  VersionError: 'newer',
  SecurityError: 'refused',
  NotAllowedError: 'refused',
  InvalidStateError: 'refused',
  // `indexedDB` is not there at all.
  ReferenceError: 'refused',
}

export function troubleOf(error: unknown): Trouble {
  if (typeof indexedDB === 'undefined' || indexedDB === null) return 'refused'
  return NAMES[(error as Error | null)?.name ?? ''] ?? 'failed'
}
