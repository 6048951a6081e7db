/** A click on a notification, heard by the window that it brought to the front: it goes there without loading anew. */
import { navigate } from '../router'

export function followClicks(): void {
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ type?: string; url?: string } | null>) => {
    if (data?.type === 'open' && data.url?.startsWith('/') && !data.url.startsWith('//')) navigate(data.url)
  })
}
