/** A desk screen that is read again when something changed: a burst is one reading, and none runs beside another. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { gathered } from '../../src/office/live'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a burst is one reading, and a stream of changes without end does not put it off', async () => {
  const read = vi.fn()
  const { soon } = gathered(read, 300)
  for (let i = 0; i < 10; i++) {
    soon()
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(read).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('what changes while it is read is read after it, once', async () => {
  const ends: (() => void)[] = []
  const read = vi.fn(() => new Promise<void>((end) => ends.push(end)))
  const { soon } = gathered(read, 300)
  soon()
  await vi.advanceTimersByTimeAsync(300)
  soon()
  soon()
  await vi.advanceTimersByTimeAsync(5000)
  expect(read).toHaveBeenCalledTimes(1)
  ends[0]?.()
  await vi.advanceTimersByTimeAsync(300)
  expect(read).toHaveBeenCalledTimes(2)
  ends[1]?.()
  await vi.advanceTimersByTimeAsync(5000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('a screen that was left reads nothing more', async () => {
  const read = vi.fn()
  const { soon, stop } = gathered(read, 300)
  soon()
  stop()
  await vi.advanceTimersByTimeAsync(5000)
  expect(read).not.toHaveBeenCalled()
})

test('a reading that failed is not the last one', async () => {
  const read = vi.fn(() => Promise.reject(new Error('no network')))
  const { soon } = gathered(read, 300)
  for (const times of [1, 2]) {
    soon()
    await vi.advanceTimersByTimeAsync(300)
    expect(read).toHaveBeenCalledTimes(times)
  }
})
