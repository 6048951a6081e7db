/** What a family is told: every kind is said to the server, the newest few stand on the page, nobody is left with a bare "no". */
import { afterEach, expect, test, vi } from 'vitest'
import { Problem } from '../../src/api/client'
import * as client from '../../src/api/client'
import { FAMILY_KINDS, type ReminderItem } from '../../src/api/wire-reminders'
import { newest } from '../../src/family/news'
import { KINDS, me, setWatch, wanted } from '../../src/family/state'
import { tell } from '../../src/i18n/tell'
import type { Failure, Look } from '../../src/push/states'

afterEach(() => vi.restoreAllMocks())

test('there is a switch for each kind that the server tells of', () => expect([...KINDS].sort()).toEqual([...FAMILY_KINDS].sort()))

test('each kind is said, also those that are not wanted', () => {
  expect(wanted(['left'])).toEqual({ arrived: false, left: true, changed: false })
  expect(wanted([])).toEqual({ arrived: false, left: false, changed: false })
})

const elder = (id: string, watch: string[] = []) => ({ id, name: '龚国栋', relation: '女儿', watch })
const known = (...elders: ReturnType<typeof elder>[]) => (me.value = { member: { name: '龚晓梅' }, elders, large_type: true, answers: [] })
const watches = () => me.value?.elders.map(({ watch }) => watch)

test('a choice is of one elder alone', async () => {
  known(elder('a', ['left']), elder('b'))
  const put = vi.spyOn(client.api, 'put').mockResolvedValue(undefined)
  await setWatch('b', ['arrived', 'changed'])
  expect(put).toHaveBeenCalledWith('/api/v1/family/elders/b/watch', { arrived: true, left: false, changed: true })
  expect(watches()).toEqual([['left'], ['arrived', 'changed']])
})

test('a choice that the server did not take is as it was before', async () => {
  known(elder('a', ['left']))
  vi.spyOn(client.api, 'put').mockRejectedValue(new Problem('OFFLINE'))
  await expect(setWatch('a', [])).rejects.toThrow()
  expect(watches()).toEqual([['left']])
})

test('the newest few stand on the page', () => {
  const item = (id: string, hour: number) => ({ id, due_at: `2026-11-21T${hour}:00:00+08:00` }) as ReminderItem
  const items = [item('a', 10), item('b', 13), item('c', 11), item('d', 12)]
  expect(newest(items).map(({ id }) => id)).toEqual(['b', 'd', 'c'])
  expect(items[0]?.id).toBe('a')
})

const OBSTACLES: Record<Exclude<Look['is'], 'working' | 'off' | 'asking' | 'testing' | 'failure'> | Failure, true> = {
  wechat: true, ios_tab: true, unsupported: true, not_offered: true, denied: true, silent: true, disabled: true, resting: true, timeout: true, failed: true, not_allowed: true, server: true,
}
test.each(Object.keys(OBSTACLES) as (keyof typeof OBSTACLES)[])('where it does not work, it is said what to do instead: %s', (look) => {
  expect(tell(`push_${look}`)).toBeTruthy()
  expect(tell(`push_${look}_do`)).toBeTruthy()
})
