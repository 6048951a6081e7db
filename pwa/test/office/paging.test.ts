/** "More" on a list that lives: a click is never for nothing, nothing stands twice, and no other list gets its page. */
import { signal } from '@preact/signals'
import { beforeEach, expect, test } from 'vitest'
import { beyondOf, type Page } from '../../src/office/paging'

const page = (items: string, next: string | null = null): Page => ({ items: [...items], next })
const data = signal<Page | null>(null)
const busy = signal(false)
let list = 'open'
let asked: { cursor: string; answer: (page: Page) => void; fail: (error: unknown) => void }[] = []
const make = () => beyondOf({ data, busy }, (cursor) => new Promise<Page>((answer, fail) => void asked.push({ cursor, answer, fail })), () => list)
const turn = () => new Promise((done) => setTimeout(done))
const cursors = () => asked.map(({ cursor }) => cursor)

beforeEach(() => {
  data.value = page('abc', 'after c')
  busy.value = false
  list = 'open'
  asked = []
})

test('pages follow one another to the end', async () => {
  const pages = make()
  for (const found of [page('de', 'after e'), page('f')]) {
    const more = pages.fetchMore()
    await turn()
    asked.at(-1)?.answer(found)
    await more
  }
  expect([pages.items().join(''), pages.cursor(), cursors()]).toEqual(['abcdef', null, ['after c', 'after e']])
})

test('while the first "more" is under way a live change does not read the list again', async () => {
  const pages = make()
  expect(pages.onFirstPage()).toBe(true)
  const more = pages.fetchMore()
  expect(pages.onFirstPage()).toBe(false)
  void pages.fetchMore()
  await turn()
  expect(cursors()).toEqual(['after c'])
  asked[0]?.answer(page('de'))
  await more
  expect([pages.onFirstPage(), pages.busy.value]).toEqual([false, false])
})

test('a click while the list is read again waits for the new cursor', async () => {
  const pages = make()
  busy.value = true
  const more = pages.fetchMore()
  await turn()
  expect(cursors()).toEqual([])
  data.value = page('xab', 'after b')
  busy.value = false
  await turn()
  asked[0]?.answer(page('cde'))
  await more
  expect([cursors(), pages.items().join('')]).toEqual([['after b'], 'xabcde'])
})

test.each(['before', 'after'])('a list that was read again meanwhile, ending %s the answer: what was fetched is dropped and fetched anew', async (end) => {
  const pages = make()
  const more = pages.fetchMore()
  await turn()
  const readAgain = () => {
    data.value = page('xab', 'after b')
    busy.value = false
  }
  busy.value = true
  if (end === 'before') readAgain()
  asked[0]?.answer(page('def'))
  await turn()
  if (end === 'after') readAgain()
  await turn()
  expect(cursors()).toEqual(['after c', 'after b'])
  asked[1]?.answer(page('cde'))
  await more
  expect(pages.items().join('')).toBe('xabcde')
})

test('what was fetched goes with its first page, but stays when that could not be read again', async () => {
  const pages = make()
  const more = pages.fetchMore()
  await turn()
  asked[0]?.answer(page('de', 'after e'))
  await more
  busy.value = true
  busy.value = false
  expect([pages.items().join(''), pages.cursor()]).toEqual(['abcde', 'after e'])
  data.value = page('xab', 'after b')
  expect([pages.items().join(''), pages.cursor(), pages.onFirstPage()]).toEqual(['xab', 'after b', true])
})

test('another list gets nothing of it, not even the reason why it failed', async () => {
  const pages = make()
  for (const end of ['answer', 'fail'] as const) {
    list = 'open'
    const more = pages.fetchMore()
    await turn()
    list = 'closed'
    data.value = page('z', 'after z')
    if (end === 'answer') asked.at(-1)?.answer(page('de'))
    else asked.at(-1)?.fail(new Error())
    await more
    expect([pages.items().join(''), pages.failed.value, pages.busy.value]).toEqual(['z', null, false])
  }
  expect(asked.length).toBe(2)
})

test('what failed is said, and can be tried again', async () => {
  const pages = make()
  const more = pages.fetchMore()
  await turn()
  asked[0]?.fail('no way')
  await more
  expect([pages.failed.value, pages.cursor(), pages.onFirstPage()]).toEqual(['no way', 'after c', true])
  const again = pages.fetchMore()
  expect(pages.failed.value).toBeNull()
  await turn()
  asked[1]?.answer(page('d'))
  await again
  expect(pages.items().join('')).toBe('abcd')
})
