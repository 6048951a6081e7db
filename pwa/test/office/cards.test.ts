import { describe, expect, it } from 'vitest'
import type { Household } from '../../src/api/wire'
import { canBePng, choose, counted, MOST, only, pages, refreshed, withCard } from '../../src/office/selection'

const home = (id: string, version: number | null = null): Household => ({
  id,
  address: `${id}号楼`,
  community: '',
  subdistrict: '朝外',
  elders: [],
  code: version === null ? null : { version, issued_at: '2026-11-01T08:00:00+08:00' },
  point: true,
})

describe('choosing homes', () => {
  it('adds and takes away, and keeps what another search had chosen', () => {
    let chosen = choose(new Map(), [home('1'), home('2')], true)
    chosen = choose(chosen, [home('3')], true)
    chosen = choose(chosen, [home('2')], false)
    expect([...chosen.keys()]).toEqual(['1', '3'])
  })
  it('stops at two hundred', () => {
    const many = Array.from({ length: MOST + 5 }, (_, i) => home(String(i)))
    const chosen = choose(new Map(), many, true)
    expect(chosen.size).toBe(MOST)
    expect(choose(chosen, [home('new')], true).has('new')).toBe(false)
  })
  it('learns that a chosen home has got a card meanwhile', () => {
    const chosen = choose(new Map(), [home('1')], true)
    expect(withCard(chosen)).toEqual([])
    expect(withCard(refreshed(chosen, [home('1', 1), home('9', 1)])).map((one) => one.id)).toEqual(['1'])
  })
})

describe('paper', () => {
  it('counts pages', () => {
    expect([1, 10, 11, 200].map((n) => pages(n, 'sheet'))).toEqual([1, 1, 2, 20])
    expect(pages(7, 'card')).toBe(7)
  })
  it('allows a picture for one page only', () => {
    expect(canBePng(0, 'sheet')).toBe(false)
    expect(canBePng(10, 'sheet')).toBe(true)
    expect(canBePng(11, 'sheet')).toBe(false)
    expect(canBePng(1, 'card')).toBe(true)
    expect(canBePng(2, 'card')).toBe(false)
  })
})

it('asks the server for one kind of homes, and has its counts but for a search', () => {
  expect([only('all'), only('without_card')]).toEqual([null, 'without_card'])
  const counts = { all: 3, without_card: 2, with_card: 1, without_point: 1 }
  expect(counted('', { items: [], next: null, counts })).toEqual(counts)
  expect(counted('龚', { items: [], next: null, counts })).toBe(null)
})
