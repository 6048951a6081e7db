/** How the app stands on this phone, and the browser's own offer to put it on the home screen. */
import { signal } from '@preact/signals'

interface InstallOffer extends Event {
  prompt(): Promise<unknown>
}

/** Only some browsers offer it, and only early: it is kept until somebody asks for it. */
export const installOffer = signal<InstallOffer | null>(null)

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  installOffer.value = event as InstallOffer
})
addEventListener('appinstalled', () => (installOffer.value = null))

export type Place = 'installed' | 'wechat' | 'ios' | 'other'

export function placeOf(agent: string, standalone: boolean): Place {
  if (standalone) return 'installed'
  if (/MicroMessenger/i.test(agent)) return 'wechat'
  return /iPhone|iPad|iPod/.test(agent) ? 'ios' : 'other'
}

export const isStandalone = (): boolean =>
  (navigator as { standalone?: boolean }).standalone === true || matchMedia('(display-mode: standalone)').matches
