/** How many windows of the app are open: each holds a shared lock as long as it lives. */

const NAME = 'doorstep-window'

export function holdWindow(): void {
  void navigator.locks?.request(NAME, { mode: 'shared' }, () => new Promise<never>(() => undefined)).catch(() => undefined)
}

export async function windowsOpen(): Promise<number> {
  const found = await navigator.locks?.query?.().catch(() => null)
  return found?.held?.filter((lock) => lock.name === NAME).length ?? 1
}
