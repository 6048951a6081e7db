/** Installs the service worker and takes a new version only when the user agrees. */
import { signal } from '@preact/signals'

/** A new version waits for the user's word. */
export const updateReady = signal(false)
export const updating = signal(false)

let registration: ServiceWorkerRegistration | undefined
const EVERY_MS = 30 * 60_000

function watch(worker: ServiceWorker | null): void {
  worker?.addEventListener('statechange', () => {
    if (worker.state === 'installed' && navigator.serviceWorker.controller) updateReady.value = true
  })
}

/** The waiting worker takes over when no record is on its way (see sw.ts); the page then loads again. */
export function applyUpdate(): void {
  updating.value = true
  if (registration?.waiting) registration.waiting.postMessage({ type: 'activate' })
  else location.reload()
}

export function startUpdates(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const hadWorker = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (updating.value) location.reload()
    // Another tab took the new version: this one keeps running and says so.
    else if (hadWorker) updateReady.value = true
  })
  const install = async () => {
    try {
      registration = await navigator.serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' })
      if (registration.waiting && navigator.serviceWorker.controller) updateReady.value = true
      watch(registration.installing)
      registration.addEventListener('updatefound', () => watch(registration?.installing ?? null))
      const ready = await navigator.serviceWorker.ready
      ready.active?.postMessage({ type: 'late' })
      setInterval(() => void registration?.update().catch(() => undefined), EVERY_MS)
    } catch {
      // Private windows and some in-app browsers have no service worker: the app then needs the network to open.
    }
  }
  if (document.readyState === 'complete') void install()
  else addEventListener('load', () => void install(), { once: true })
}
