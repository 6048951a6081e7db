import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import codes from '../../../schemas/codes.json'
import type { Finding, Severity } from '../../src/api/wire'
import {
  actualText,
  captureText,
  distanceText,
  findingDetail,
  findingPlace,
  fourWords,
  gradeReasons,
  gradeSentence,
  groupFindings,
  lengthText,
  placeText,
  reasonText,
  standing,
  stateSentence,
  timeSentences,
} from '../../src/dispatch/evidence'
import { lang } from '../../src/i18n'
import { findingText, hasRemedy, remedy } from '../../src/i18n/remedies'
import { event, row, visit } from './make'

const finding = (code: string, severity: Severity, values: Partial<Finding> = {}): Finding => ({
  code,
  severity,
  data: {},
  at: '2026-11-21T09:02:14+08:00',
  event_id: null,
  annulled: false,
  answered: false,
  ...values,
})

beforeEach(() => void (lang.value = 'zh'))
afterEach(() => void (lang.value = 'zh'))

describe('where', () => {
  it('says distance and accuracy', () => {
    expect(placeText(event())).toBe('距老人家 23 米，误差 15 米')
    lang.value = 'en'
    expect(placeText(event())).toBe('23 m from the home, accuracy 15 m')
  })
  it.each([
    [{ distance_m: 23, accuracy_m: null }, '距老人家 23 米，误差不明'],
    [{ distance_m: null, accuracy_m: 30 }, '有位置（误差 30 米），但老人家还没有坐标，算不出距离'],
    [{ distance_m: null, accuracy_m: null, position_error: 'denied' as const }, '没有位置：手机不允许定位'],
    [{ distance_m: null, accuracy_m: null, position_error: null }, '没有位置'],
    [{ distance_m: null, accuracy_m: 12, codes: ['LOCATION_INVALID'] }, '位置数据无效'],
  ])('%j', (values, said) => {
    expect(placeText(event(values))).toBe(said)
  })
  it('does not judge by itself, but says what the server found', () => {
    expect(standing(event({ distance_m: 900 }))).toBe('inside')
    expect(standing(event({ codes: ['LOCATION_FAR'] }))).toBe('outside')
    expect(standing(event({ codes: ['LOCATION_STALE'] }))).toBe('unsure')
    expect(standing(event({ distance_m: null }))).toBe('unknown')
  })
  it('changes to kilometres', () => {
    expect([0.4, 999.4, 1000, 1250, 9990, 12_400].map(distanceText)).toEqual(['0 米', '999 米', '1.0 公里', '1.3 公里', '10.0 公里', '12 公里'])
  })
})

describe('when', () => {
  it('puts the claim beside the proof', () => {
    expect(timeSentences(event(), '2026-11-21')).toEqual(['手机时间 09:02:11，服务器证明在 09:02:09–09:02:14 之间'])
  })
  it('says that there is no proof', () => {
    expect(timeSentences(event({ earliest_at: null }), '2026-11-21')).toEqual(['手机时间 09:02:11；没有时间凭证，只知道服务器在 09:02:14 收到'])
  })
  it('says how long a record was under way, and names another day', () => {
    const said = timeSentences(event({ received_at: '2026-11-22T08:02:11+08:00' }), '2026-11-21')
    expect(said).toEqual(['手机时间 09:02:11，服务器证明在 09:02:09–11月22日 08:02:11 之间', '当时没有网络，23 小时 0 分后才送达'])
  })
  it('says that the clock was wrong', () => {
    const said = timeSentences(event({ claimed_at: '2026-11-20T09:02:11+08:00', codes: ['CLOCK'] }), '2026-11-21')
    expect(said[0]).toContain('手机时间 11月20日 09:02:11')
    expect(said[1]).toBe('手机时间不在这个范围里，以服务器证明的为准')
  })
  it('measures lengths from seconds to days', () => {
    expect([5_000, 59_400, 61_000, 3_900_000, 200_000_000].map(lengthText)).toEqual(['5 秒', '59 秒', '1 分钟', '1 小时 5 分', '2 天'])
  })
  it('says what really happened', () => {
    expect(actualText(row())).toBeNull()
    expect(actualText(row({ started_at: '2026-11-21T09:03:00+08:00' }))).toBe('09:03 进门')
    expect(actualText(row({ started_at: '2026-11-21T09:03:00+08:00', ended_at: '2026-11-21T09:50:00+08:00' }))).toBe('实际 09:03–09:50')
  })
})

describe('how', () => {
  it.each([
    ['camera' as const, '用相机现场扫了家里的码'],
    ['photo' as const, '从照片里认出的码，不是现场扫的'],
    ['typed' as const, '手工输入了卡上的九位数字'],
    [null, '没有扫码'],
  ])('%s', (capture, said) => expect(captureText(event({ capture }))).toBe(said))
  it('knows reasons, and shows what it does not know as it is', () => {
    expect(reasonText('no_answer')).toBe('敲门没有人应')
    expect(reasonText('家属来电')).toBe('家属来电')
    expect(reasonText('undone')).toBe('加单已撤销')
  })
})

describe('the four words', () => {
  const reached = (values: Parameters<typeof event>[0], of: Parameters<typeof visit>[0] = {}) =>
    fourWords(event(values), visit(of)).map((one) => one.reached)
  it('end with what is counted', () => {
    expect(reached({})).toEqual([true, true, true, false])
    expect(reached({}, { verify_state: 'auto_verified' })).toEqual([true, true, true, true])
  })
  it('stop at reached where a finding holds', () => {
    expect(reached({ verdict: 'accepted_with_findings', codes: ['LOCATION_MISSING'] })).toEqual([true, true, true, false])
    expect(reached({ verdict: 'accepted_with_findings', codes: ['NOT_ASSIGNED'] })).toEqual([true, true, false, false])
  })
  it('take the severity that the finding has, not the one that its code has now', () => {
    const softened = finding('NOT_ASSIGNED', 'warn', { event_id: 'ev1' })
    expect(reached({ codes: ['NOT_ASSIGNED'] }, { findings: [softened] })).toEqual([true, true, true, false])
  })
  it('follow the person who verified it in spite of a finding', () => {
    expect(reached({ codes: ['NOT_ASSIGNED'] }, { verify_state: 'verified' })).toEqual([true, true, true, true])
  })
  it('never count a refused or annulled record', () => {
    expect(reached({ verdict: 'refused' }, { verify_state: 'verified' })).toEqual([true, true, false, false])
    expect(reached({ annulled: true }, { verify_state: 'verified' })[3]).toBe(false)
  })
})

describe('the grade in a sentence', () => {
  it('praises an A, and says what else is open', () => {
    expect(gradeSentence(visit({ grade: 'A' }))).toBe('证据是 A 级：相机现场扫码，人在老人家附近，当时就送到了服务器。')
    expect(gradeSentence(visit({ grade: 'A', holds: 2 }))).toContain('2 个问题要人来核')
  })
  it('says why it is not A, for each record that is to blame', () => {
    const events = [
      event({ grade: 'C', capture: 'typed', distance_m: 1250, codes: ['CAPTURE_WEAK', 'LOCATION_FAR'] }),
      event({ event_id: 'ev2', kind: 'check_out', grade: 'B', codes: ['LATE_SYNC'] }),
    ]
    expect(gradeSentence(visit({ grade: 'C', events }))).toBe('证据是 C 级，不是 A 级，因为签到时码是手工输入的、位置离老人家远（1.3 公里）。')
    lang.value = 'en'
    expect(gradeSentence(visit({ grade: 'C', events }))).toBe(
      'Grade C, not A, because the code was typed, the phone was away from the home (1.3 km) at check-in.',
    )
  })
  it('leaves annulled and refused records out', () => {
    const events = [event({ grade: 'C', codes: ['LOCATION_MISSING'], annulled: true }), event({ event_id: 'ev2', grade: 'B', codes: ['LATE_SYNC'] })]
    expect(gradeSentence(visit({ grade: 'B', events }))).toBe('证据是 B 级，不是 A 级，因为签到时没有网络，事后才送达。')
  })
  it('knows a visit without records, one that is open, and one that the office entered', () => {
    expect(gradeSentence(visit())).toBe('还没有打卡，没有证据等级。')
    expect(gradeSentence(visit({ events: [event({ grade: null })] }))).toBe('已有记录，证据等级还没有定。')
    expect(gradeSentence(visit({ grade: 'D' }))).toContain('机构补录')
    expect(gradeSentence(visit({ grade: 'B' }))).toBe('证据是 B 级，不是 A 级。')
  })
  it('does not say one weakness twice', () => {
    expect(gradeReasons(event({ capture: null, codes: ['CAPTURE_WEAK', 'TOKEN_MISSING'] }))).toEqual(['没有扫码'])
    expect(gradeReasons(event({ codes: ['CLOCK', 'CLOCK_FAR'] }))).toEqual(['手机时间差得太多'])
  })
  it('adds a sentence for states that need one', () => {
    expect(stateSentence({ op_state: 'completed' })).toBeNull()
    expect(stateSentence({ op_state: 'not_served' })).toContain('没有服务成')
  })
})

describe('findings', () => {
  it('come grave ones first, each code once, without those of annulled records and those that a later record answered', () => {
    const groups = groupFindings([
      finding('LOCATION_MISSING', 'warn', { event_id: 'ev1' }),
      finding('LOCATION_MISSING', 'warn', { event_id: 'ev2' }),
      finding('NOT_ASSIGNED', 'hold'),
      finding('CAPTURE_WEAK', 'warn', { annulled: true }),
      finding('NOT_CHECKED_IN', 'hold', { answered: true }),
    ])
    expect(groups.map(({ code, each }) => [code, each.length])).toEqual([
      ['NOT_ASSIGNED', 1],
      ['LOCATION_MISSING', 2],
    ])
  })
  it.each([
    ['LATE_SYNC', { minutes: 190 }, '晚了 190 分钟'],
    ['OUTSIDE_WINDOW', { minutes: 12, side: 'early' }, '早了 12 分钟'],
    ['FAR_OUTSIDE_WINDOW', { minutes: 90, side: 'late' }, '晚了 90 分钟'],
    ['CLOCK', { seconds: -5400, width_s: 3 }, '相差 1 小时 30 分'],
    ['LOCATION_FAR', { distance_m: 550, accuracy_m: 20 }, '相距 550 米、误差 20 米'],
    ['LOCATION_STALE', { seconds: 600 }, '是 10 分钟前的位置'],
    ['TOO_SHORT', { minutes: 12, needed: 45 }, '服务了 12 分钟，计划不少于 45 分钟'],
    ['TOO_LONG', { minutes: 300, longest: 240 }, '服务了 300 分钟，最长 240 分钟'],
    ['CARERS_MISSING', { came: 1, needed: 2 }, '来了 1 位，需要 2 位'],
    ['MONTH_QUOTA_REACHED', { used: 5, quota: 4 }, '本月第 5 次，上限 4 次'],
    ['NOT_ASSIGNED', {}, null],
    ['LATE_SYNC', { minutes: 'many' }, null],
  ])('%s %j', (code, data, said) => expect(findingDetail({ code, data })).toBe(said))
  it('name the record that they belong to', () => {
    expect(findingPlace(finding('CLOCK', 'warn', { event_id: 'ev1' }), [event()])).toBe('签到 09:02')
    expect(findingPlace(finding('CLOCK', 'warn'), [event()])).toBeNull()
  })
  it('each have something that the office can do', () => {
    // Reasons why somebody cannot be sent are in the same list, but no finding of a visit.
    const obstacles = ['NOT_EMPLOYED', 'NO_CAREGIVER', 'TRAVEL']
    const without = Object.keys(codes.findings).filter((code) => !hasRemedy(code) && !obstacles.includes(code))
    expect(without).toEqual([])
  })
  it('are said to the office, not to the caregiver', () => {
    for (const code of Object.keys(codes.findings)) expect(findingText(code)).not.toMatch(/您/)
    expect(remedy('NO_SUCH_CODE')).toBeNull()
    expect(findingText('NO_SUCH_CODE')).toBe('NO_SUCH_CODE')
  })
})
