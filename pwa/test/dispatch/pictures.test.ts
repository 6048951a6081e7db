import { describe, expect, it, vi } from 'vitest'
import { event, row } from './make'

vi.mock('../../src/ui/desk.css', () => ({}))
const { shapeOf } = await import('../../src/dispatch/distance')
const { scaleOf } = await import('../../src/dispatch/timeline')
const { howGood } = await import('../../src/dispatch/set-point')

const SIZE = 220

describe('the picture of the distance', () => {
  it.each([
    [0, 5, 200],
    [23, 15, 200],
    [190, 120, 200],
    [250, 2000, 200],
    [799, 35, 200],
    [8419, 30, 200],
    [10, 0, 50],
  ])('holds everything at %s m, accuracy %s m, fence %s m', (distance_m, accuracy_m, fence_m) => {
    const { fence, home, phone } = shapeOf({ distance_m, accuracy_m, fence_m })
    const left = Math.min(home.x - fence, phone.x - phone.r)
    const right = Math.max(home.x + fence, phone.x + phone.r)
    expect(left).toBeGreaterThanOrEqual(0)
    expect(right).toBeLessThanOrEqual(SIZE)
    expect(Math.max(fence, phone.r) * 2).toBeLessThanOrEqual(SIZE)
    expect(phone.x).toBeGreaterThanOrEqual(home.x)
  })
  it('is true to scale until the scale ends, and says so then', () => {
    const near = shapeOf({ distance_m: 100, accuracy_m: 10, fence_m: 200 })
    expect((near.phone.x - near.home.x) / near.fence).toBeCloseTo(0.5)
    expect(near.broken).toBe(false)
    expect(shapeOf({ distance_m: 5000, accuracy_m: 10, fence_m: 200 }).broken).toBe(true)
  })
})

describe('the time line', () => {
  const late = event({ received_at: '2026-11-24T09:00:00+08:00' })
  it('is not stretched by what arrived days later', () => {
    const { from, to } = scaleOf(row(), [late], 6)
    expect(to - from).toBeLessThan(4 * 3_600_000)
  })
  it('shows the whole window and every claim', () => {
    const early = event({ claimed_at: '2026-11-21T07:30:00+08:00', earliest_at: '2026-11-21T07:29:00+08:00' })
    const { from, to, step } = scaleOf(row(), [early], 6)
    expect(from).toBeLessThan(Date.parse('2026-11-21T07:30:00+08:00'))
    expect(to).toBeGreaterThan(Date.parse('2026-11-21T11:00:00+08:00'))
    expect((to - from) / step).toBeLessThanOrEqual(8)
  })
  it('does not follow a clock that is a day wrong', () => {
    const wrong = event({ claimed_at: '2026-11-22T09:02:11+08:00' })
    const { to } = scaleOf(row(), [wrong], 6)
    expect(to).toBeLessThan(Date.parse('2026-11-21T14:00:00+08:00'))
  })
})

it('tells a location that is good enough for a home from one that is not', () => {
  expect([5, 20, 21, 100, 101].map(howGood)).toEqual(['good', 'good', 'fair', 'fair', 'bad'])
})
