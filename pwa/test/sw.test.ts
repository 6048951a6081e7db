/** The service worker after an update: what it hands out is its own. */
import { expect, test, vi } from 'vitest'

/** Caches as a browser keeps them: in the order in which they were made, and a search over all takes the first. */
function cacheStorage(kept: Record<string, Record<string, string>>) {
  const find = (files: Record<string, string> | undefined, wanted: Request | string) => {
    const path = typeof wanted === 'string' ? wanted : new URL(wanted.url).pathname
    return Promise.resolve(files?.[path] === undefined ? undefined : new Response(files[path]))
  }
  return {
    open: (name: string) => Promise.resolve({ match: (wanted: Request | string) => find(kept[name], wanted) }),
    match: async (wanted: Request | string) => {
      for (const files of Object.values(kept)) {
        const found = await find(files, wanted)
        if (found) return found
      }
    },
  }
}

async function worker(kept: Record<string, Record<string, string>>) {
  const listeners: Record<string, (event: unknown) => void> = {}
  vi.stubGlobal('__BUILD__', 'new')
  vi.stubGlobal('__SHELL__', ['/', '/manifest.webmanifest'])
  vi.stubGlobal('__LATE__', [])
  vi.stubGlobal('caches', cacheStorage(kept))
  vi.stubGlobal('self', {
    location: new URL('https://daojia.example/sw.js'),
    addEventListener: (name: string, listener: (event: unknown) => void) => (listeners[name] = listener),
  })
  const path = '../src/sw.ts'
  await import(path)
  return async (url: string, mode: string): Promise<string | undefined> => {
    let answer: Promise<Response> | undefined
    const request = Object.defineProperty(new Request(`https://daojia.example${url}`), 'mode', { value: mode })
    listeners.fetch?.({ request, respondWith: (given: Promise<Response>) => (answer = given) })
    return (await answer)?.text()
  }
}

test('an accepted update is what opens next, although the version before is still kept', async () => {
  const ask = await worker({
    'doorstep-old': { '/': 'old page', '/manifest.webmanifest': 'old', '/assets/door-1.js': 'old code' },
    'doorstep-new': { '/': 'new page', '/manifest.webmanifest': 'new' },
  })
  expect(await ask('/door', 'navigate')).toBe('new page')
  expect(await ask('/manifest.webmanifest', 'cors')).toBe('new')
  expect(await ask('/assets/door-1.js', 'cors'), 'for a tab that still runs the version before').toBe('old code')
  expect(await ask('/api/v1/health', 'cors')).toBeUndefined()
})
