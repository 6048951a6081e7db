/** What goes to the server, and where it stands. */
import { expect, test } from 'vitest'
import { api } from '../src/api/client'

interface Asked {
  url: string
  method: string | undefined
  body: unknown
}

function hearing(): { asked: Asked[]; fetch: typeof fetch } {
  const asked: Asked[] = []
  const heard = (async (url: string, init: RequestInit) => {
    asked.push({ url, method: init.method, body: init.body ? JSON.parse(init.body as string) : null })
    return Response.json({ items: [] })
  }) as typeof fetch
  return { asked, fetch: heard }
}

test('searched names go into a body, never into a URL', async () => {
  const { asked, fetch } = hearing()
  await api.search('/api/v1/visits', '', { day: '2026-04-08', op_state: null, cursor: null, limit: 100 }, { fetch })
  await api.search('/api/v1/visits', '王秀英', { day: '2026-04-08', op_state: null, cursor: null, limit: 100 }, { fetch })
  expect(asked).toEqual([
    { url: '/api/v1/visits?day=2026-04-08&limit=100', method: 'GET', body: null },
    { url: '/api/v1/visits/search', method: 'POST', body: { q: '王秀英', day: '2026-04-08', op_state: null, cursor: null, limit: 100 } },
  ])
})
