/** How this browser stands towards push. */
import { type Stand, standOf } from './states'

export const stand = (): Stand =>
  standOf({
    agent: navigator.userAgent,
    standalone: (navigator as { standalone?: boolean }).standalone === true || matchMedia('(display-mode: standalone)').matches,
    supported: 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window,
  })
