/** Both stories of a visit in one order of time, and who could know of what. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { Finding, KeptElsewhere, OfficeEntry, VisitDetail } from '../../src/api/wire'
import { cameInstead, disagree, moments, officePart, officeText, timeOfMoment } from '../../src/dispatch/story'
import { lang } from '../../src/i18n'
import { stories } from '../../src/i18n/stories'
import { event, visit } from './make'

const schema = JSON.parse(readFileSync(new URL('../../../schemas/openapi.json', import.meta.url), 'utf8')) as {
  components: { schemas: { OfficeEntry: { properties: { what: { enum: OfficeEntry['what'][] } } } } }
}
/** Everything that the server may say of the office. */
const WHAT = schema.components.schemas.OfficeEntry.properties.what.enum

const at = (time: string, day = '2026-11-21') => `${day}T${time}:00+08:00`
const entry = (what: OfficeEntry['what'], time: string, data: OfficeEntry['data'] = {}, values: Partial<OfficeEntry> = {}): OfficeEntry => ({
  visit_id: '01',
  at: at(time),
  what,
  by: '张调度',
  data,
  ...values,
})
const made = [
  entry('planned', '06:00', { window_start: at('09:00'), window_end: at('11:00') }, { by: null }),
  entry('assigned', '06:00', { from: [], to: ['彭燕'] }, { by: null }),
]
const offline = event({ at: at('10:30'), claimed_at: at('10:30'), heard_at: at('09:12'), received_at: at('12:05') })

const told = (of: VisitDetail) => moments(of).map((one) => [timeOfMoment(one, of), one.side, one.text, ...one.notes].join(' | '))

describe('two stories', () => {
  it('do not disagree because somebody held or decided the visit, which is said in words all the same', () => {
    const after = (['held', 'released', 'decided', 'edited', 'answered'] as const).map((what) => entry(what, '12:00'))
    expect(disagree(visit({ office: [...made, ...after] }))).toBe(false)
  })

  it('are told in order of time: the true time of a record, and when it came', () => {
    const of = visit({ office: [...made, entry('reassigned', '10:00', { from: ['彭燕'], to: ['毛桂芳'] })], events: [offline] })
    expect(told(of)).toEqual([
      '06:00 | office | 按计划排了 09:00–11:00 | 系统自动',
      '06:00 | office | 派给 彭燕 | 系统自动',
      '09:12 | phone | 彭燕 的手机最后一次联网',
      '10:00 | office | 改派：彭燕 换成 毛桂芳 | 张调度',
      '10:30 | phone | 彭燕 签到 | 12:05 才送到服务器',
    ])
  })

  it('say where a record is kept that the visit could not take', () => {
    const kept: KeptElsewhere = { ...offline, visit_id: '02', codes: ['NO_PLANNED_VISIT'] }
    const nowhere: KeptElsewhere = { ...offline, event_id: 'ev2', kind: 'not_served', at: at('10:40'), received_at: at('12:05', '2026-11-22'), visit_id: null, codes: [] }
    const of = visit({ op_state: 'cancelled', office: [...made, entry('cancelled', '10:00', { reason: '家属取消' })], elsewhere: [kept, nowhere] })
    expect(told(of).slice(3)).toEqual([
      '10:00 | office | 取消：家属取消 | 张调度',
      '10:30 | phone | 彭燕 签到 | 12:05 才送到服务器',
      '10:40 | phone | 彭燕 未能服务 | 11月22日 12:05 才送到服务器 | 没有对应的服务，只保留记录',
    ])
    expect(moments(of).map((one) => one.visit_id)).toEqual([null, null, null, null, '02', null])
  })

  it('tell of the visit that a record was made for', () => {
    const of = visit({ office: [entry('cancelled', '10:00', { reason: 'plan_changed' }, { visit_id: '00', by: null })], events: [offline] })
    expect(told(of)[1]).toBe('10:00 | office | 取消：照护计划改了 | 系统自动')
    expect(moments(of)[1]?.visit_id).toBe('00')
  })

  it.each([
    [made, [], false],
    [[...made, entry('reassigned', '10:00', { from: ['彭燕'], to: ['毛桂芳'] })], [], true],
    [[...made, entry('missed', '11:30')], [], true],
    [made, [{ ...offline, visit_id: null, codes: [] }], true],
    [[{ ...(made[0] as OfficeEntry), visit_id: '00' }], [], true],
  ])('are shown only where there is more to tell than that somebody was sent', (office, elsewhere, expected) => {
    expect(disagree({ id: '01', office, elsewhere })).toBe(expected)
  })

  afterEach(() => void (lang.value = 'zh'))
  it.each(WHAT)('have a sentence in both languages for what the server may send: %s', (what) => {
    const named = { from: ['甲'], to: ['乙'] }
    for (const one of ['zh', 'en'] as const) {
      lang.value = one
      const said = officeText({ what, data: named })
      expect(said.trim()).not.toBe('')
      expect(said).not.toBe(stories('o_other', { what }))
      expect(said).not.toMatch(/[{}]/)
    }
  })

  it('say when, why and what was decided', () => {
    const times = { from: [at('09:00'), at('11:00')], to: [at('14:00'), at('16:00')] }
    expect(officeText({ what: 'rescheduled', data: { ...times, reason: '老人要去医院' } })).toBe('换时间：11月21日 09:00–11:00 改到 11月21日 14:00–16:00：老人要去医院')
    expect(officeText({ what: 'held', data: { code: 'FAMILY_OBJECTION' } })).toContain('家属')
    expect(officeText({ what: 'held', data: {} })).toBe('补贴先扣着，等人核对')
    expect(officeText({ what: 'decided', data: { decision: 'reject' } })).toBe('核对后不认可')
    expect(officeText({ what: 'decided', data: {} })).toBe('核对后作了决定')
  })

  it('show what they do not know as it is', () => {
    expect(officeText({ what: 'reassigned', data: { from: [], to: ['甲', '乙'] } })).toBe('加派 甲、乙')
    expect(officeText({ what: 'reassigned', data: { from: ['甲'], to: [] } })).toBe('撤下 甲')
    expect(officeText({ what: 'moved', data: { from: '甲路1号', to: '乙路2号' } })).toBe('老人搬家：甲路1号 搬到 乙路2号')
    expect(officeText({ what: 'cancelled', data: {} })).toBe('取消')
    expect(officeText({ what: 'verified' as OfficeEntry['what'], data: {} })).toBe('改动（verified）')
  })
})

describe('a finding says what the office did and whether the phone could know it', () => {
  const finding = (code: string, data: Finding['data']) => ({ code, data, event_id: 'ev1' })
  const of = visit({ events: [offline] })
  it.each([
    [{ reassigned_at: at('10:00'), heard_at: at('09:12') }, '办公室 10:00 改派；手机不可能知道：最后一次联网是 09:12。'],
    [{ reassigned_at: at('09:00'), heard_at: at('09:12') }, '办公室 09:00 改派；手机 09:12 联过网，应该已经看到。'],
    [{ reassigned_at: at('11:00'), heard_at: at('09:12') }, '办公室 11:00 改派；打卡在前，当时安排还没有变。'],
    [{ cancelled_at: at('10:00'), heard_at: at('18:00', '2026-11-20') }, '办公室 10:00 取消了这次服务；手机不可能知道：最后一次联网是 11月20日 18:00。'],
    [{ moved_at: at('10:00') }, '办公室 10:00 改了老人的住址；手机不可能知道：最后一次联网是 09:12。'],
    [{}, null],
  ])('%o', (data, said) => {
    expect(officePart(finding('NOT_ASSIGNED', data), of)).toBe(said)
  })
  it('by the age of its plan, where the phone has signed it', () => {
    const signed = visit({ events: [{ ...offline, judged: { codes: [], rules: '1', facts_at: at('08:00') } }] })
    expect(officePart(finding('NOT_ASSIGNED', { reassigned_at: at('09:00'), heard_at: at('09:12') }), signed)).toContain('不可能知道：最后一次联网是 08:00')
  })
  it('or that nobody knows', () => {
    expect(officePart(finding('NOT_ASSIGNED', { reassigned_at: at('10:00') }), visit({ events: [{ ...offline, heard_at: null }] }))).toContain('不清楚')
    expect(officePart(finding('VISIT_RENAMED', { named: '00', taken: '01' }), of)).toBe('服务器上没有手机记的那次服务')
  })
})

describe('a visit can be given to who came', () => {
  it('a planned one also where nobody was to go', () => {
    expect(cameInstead({ kind: 'planned', op_state: 'completed', events: [offline], caregivers: [] })).toEqual({ ids: ['c1'], name: '彭燕' })
  })
  const other = { id: 'c2', name: '毛桂芳' }
  it.each([
    ['in_progress', [offline], [other], { ids: ['c1'], name: '彭燕' }],
    ['completed', [offline, event({ event_id: 'ev3', caregiver: other })], [other], { ids: ['c1', 'c2'], name: '彭燕' }],
    ['completed', [offline], [offline.caregiver], null],
    ['assigned', [offline], [other], null],
    ['completed', [offline], [], null],
    ['in_progress', [{ ...offline, annulled: true }], [other], null],
    ['in_progress', [{ ...offline, kind: 'check_out' as const }], [other], null],
  ] as const)('%s', (op_state, events, caregivers, expected) => {
    expect(cameInstead({ kind: 'adhoc', op_state, events: [...events], caregivers: [...caregivers] })).toEqual(expected)
  })
})
