/** How this phone stands towards push. */
import { type Stand, standOf } from '../push/states'
import { isStandalone } from './install'

export const stand = (): Stand =>
  standOf({
    agent: navigator.userAgent,
    standalone: isStandalone(),
    supported: 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window,
  })
