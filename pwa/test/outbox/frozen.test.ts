/** A page that is left lets go of the database: in Safari a frozen one would keep every other page waiting. */
import 'fake-indexeddb/auto'
import { openDB, unwrap } from 'idb'
import { expect, test } from 'vitest'
import { endWithPage } from '../../src/outbox/frozen'

const open = () => openDB(`frozen-${Math.random()}`, 1, { upgrade: (db) => void db.createObjectStore('outbox') })

test('what still runs is ended, what was stored stays', async () => {
  const db = await open()
  const page = new EventTarget()
  endWithPage(unwrap(db), page)
  await db.put('outbox', 'stored', 1)
  const tx = db.transaction('outbox', 'readwrite')
  await tx.store.put('half done', 2)
  const ended = expect(tx.done).rejects.toMatchObject({ name: 'AbortError' })
  page.dispatchEvent(new Event('pagehide'))
  await ended
  expect(await db.getAll('outbox')).toEqual(['stored'])
})

test('what is being committed is not ended', async () => {
  const db = await open()
  const page = new EventTarget()
  endWithPage(unwrap(db), page)
  const tx = db.transaction('outbox', 'readwrite')
  void tx.store.put('stored', 1)
  tx.commit()
  page.dispatchEvent(new Event('pagehide'))
  await tx.done
  expect(await db.getAll('outbox')).toEqual(['stored'])
})
