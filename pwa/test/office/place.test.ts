/** The picture of places: directions in words, rings in round metres, and nothing outside of the picture. */
import { expect, test } from 'vitest'
import { direction, rings, scaleOf } from '../../src/office/review/place'

test.each([[0, 0], [22, 0], [23, 1], [90, 2], [180, 4], [270, 6], [338, 0], [-90, 6], [720, 0]])('%d degrees are direction %d', (degrees, expected) => expect(direction(degrees)).toBe(expected))

test('at most four rings, at round distances', () => {
  expect(rings(240)).toEqual([100, 200])
  expect(rings(1700)).toEqual([500, 1000, 1500])
  for (const metres of [30, 99, 450, 2300, 9000, 16000]) expect(rings(metres).length).toBeLessThanOrEqual(4)
})

test('what is far stays inside the picture, what is near is drawn to scale', () => {
  const { metres, px } = scaleOf(200, [{ distance_m: 100, accuracy_m: 20 }])
  expect(metres).toBe(240)
  expect(px(120)).toBeCloseTo(px(240) / 2)
  const far = scaleOf(200, [{ distance_m: 90_000, accuracy_m: 50 }])
  expect(far.px(90_000)).toBe(far.px(1600))
})
