/** What the office can do about each finding; what the finding means, and what the caregiver can do, is in codes.json. */
import { findings } from '../../../schemas/codes.json'
import { type Pair, say } from './index'

interface FindingText {
  severity: 'info' | 'warn' | 'hold' | 'refuse'
  zh: string
  en: string
  zh_do: string
  en_do: string
}
const known = findings as Record<string, FindingText | undefined>

const atOffice: Record<string, Pair> = {
  FAMILY_OBJECTION: ['先查清情况，在“家属来信”里答复家属。', 'Find out what happened and answer the family.'],
  CAREGIVER_OBJECTS: ['看护理员写的话，必要时打电话给老人或家属，再决定一次。', "Read the caregiver's words, call the elder or the family if needed, and decide once more."],
  INSPECTION_DIFFERS: ['对照回访记录和打卡记录，问护理员，再决定。', 'Compare the call-back with the records, ask the caregiver, then decide.'],
  MANUAL_ENTRY: ['由没有经手补录的同事核对：打电话给老人或家属确认。', 'Somebody who did not enter it checks: call the elder or the family.'],
  NOT_AUTHENTICATED: ['让护理员带手机来，重新绑定。', 'Let the caregiver bring the phone and enrol it again.'],
  EVENT_MALFORMED: ['请护理员更新应用；还出现就报告管理员。', 'Let the caregiver update the app; if it persists tell the administrator.'],
  TOKEN_MALFORMED: ['问护理员扫的是不是老人家的到家卡；卡坏了就重新打印。', 'Ask which code was scanned; reprint the card if it is damaged.'],
  DEVICE_REVOKED: ['问清楚谁在用这部手机；服务属实的由负责人补录。', 'Find out who uses this phone; if the visit was real the manager enters it.'],
  EVENT_ID_REUSED: ['让护理员带手机来检查，报告管理员。', 'Let the office check the phone and tell the administrator.'],
  ANNUL_IMPOSSIBLE: ['确实打错的，由负责人核实后处理。', 'If it was a mistake the manager decides after a check.'],
  TOKEN_UNKNOWN: ['问护理员扫的是什么卡；必要时给这家重新打印住户卡。', 'Ask which card was scanned; reprint the card of this home if needed.'],
  TOKEN_REVOKED: ['老人家里还挂着旧卡：把新卡送到家，收回旧卡。', 'The old card is still in the home: bring the new one and take the old one back.'],
  TOKEN_MISSING: ['打电话给老人确认有没有人来过。', 'Call the elder and ask whether somebody came.'],
  WRONG_HOUSEHOLD: ['问护理员实际去了哪一家，再核对老人。', 'Ask which home was visited, then check the elder.'],
  ELDER_UNCLEAR: ['问护理员为哪位老人服务，由负责人核定。', 'Ask whom was served; the manager decides.'],
  ELDER_NOT_IN_HOME: ['核对老人现在住哪里；搬家的请更新名册。', 'Check where the elder lives now; update the roster after a move.'],
  DEVICE_NOT_ENROLLED: ['旧手机补送的记录：核对日期属实即可。', 'Sent late by a replaced phone: check that the date is right.'],
  NOT_ASSIGNED: ['换人了就改派；没换人要问清楚为什么是他去。', 'Reassign if the caregiver was changed, otherwise ask why this one went.'],
  NO_PLANNED_VISIT: ['核对是不是漏了计划；属实的由负责人核定。', 'Check whether a plan is missing; the manager decides.'],
  OUTSIDE_WINDOW: ['提醒护理员按约定时间到。', 'Remind the caregiver of the agreed time.'],
  FAR_OUTSIDE_WINDOW: ['问护理员原因，打电话给老人确认时间。', 'Ask the caregiver why and confirm the time with the elder.'],
  PLAN_NOT_ACTIVE: ['核对照护计划：续签、恢复，或停止派人。', 'Check the care plan: renew it, resume it, or stop sending people.'],
  ITEM_NOT_IN_PLAN: ['核对服务内容；需要的请改计划。', 'Check the content; change the plan if it is needed.'],
  CARERS_MISSING: ['问第二位护理员为什么没有打卡。', 'Ask why the second caregiver did not check in.'],
  MONTH_QUOTA_REACHED: ['告诉老人和家属：本月这项补贴次数已满。', "Tell the elder and the family that this month's number is used up."],
  QUALIFICATION_MISSING: ['登记新证书；没有证书的不能再派这项服务。', 'Record the new certificate; without one do not assign this service.'],
  ON_LEAVE: ['核对那天是谁去的；请假记错了就更正。', 'Find out who went that day; put the leave right if it was recorded wrongly.'],
  AGREEMENT_NOT_IN_FORCE: ['尽快和老人签好服务协议。', 'Sign the service agreement with the elder soon.'],
  OUT_OF_AREA: ['和街乡核对合作协议的服务区域。', 'Check the area of the cooperation agreement with the subdistrict.'],
  TYPE_NOT_CONTRACTED: ['和街乡核对合作协议里的服务类型。', 'Check the service types of the cooperation agreement.'],
  PROVIDER_STANDING: ['暂停派单，联系街乡。', 'Stop assigning and call the subdistrict.'],
  ELDER_ABSENT_STATUS: ['打电话核实：老人回家了就更新登记。', 'Call and check; update the record if the elder is back home.'],
  ELDER_DECEASED: ['马上打电话核实，停止之后的服务。', 'Call at once to check, and stop further visits.'],
  ALREADY_IN_PROGRESS: ['核对是不是重复签到，一般不用处理。', 'Most often a repeated check-in; check it.'],
  NOT_CHECKED_IN: ['问护理员几点到的，打电话向老人核实。', 'Ask when the caregiver arrived and check with the elder.'],
  OVERLAP: ['问清楚同一时间人在哪一家，谨防代打卡。', 'Find out where the caregiver was; beware of proxy check-ins.'],
  PROCEDURE_MISSING: ['提醒护理员：助浴前必须逐条确认安全规程。', 'Remind the caregiver: acknowledge the safety procedure before a bath.'],
  EMERGENCY_NOT_ACKNOWLEDGED: ['提醒护理员先看应急预案。', 'Remind the caregiver to read the emergency procedure.'],
  TASKS_MISSING: ['问护理员做了什么，由负责人核定。', 'Ask what was done; the manager decides.'],
  TOO_SHORT: ['打电话问老人服务做完没有。', 'Call the elder: was the service finished?'],
  TOO_LONG: ['一般是忘了签退，问护理员几点离开。', 'Usually a late check-out; ask when the caregiver left.'],
  LOCATION_MISSING: ['教护理员打开定位；可打电话向老人核实。', 'Show the caregiver how to switch location on; you may call the elder.'],
  LOCATION_FAR: ['先看老人家的坐标对不对；坐标没错就打电话向老人核实。', "See whether the home's point is right; if so call the elder."],
  LOCATION_STALE: ['提醒护理员扫码前等定位更新。', 'Let the caregiver wait for a fresh location.'],
  LOCATION_INVALID: ['让护理员检查手机定位。', "Let the caregiver check the phone's location."],
  LOCATION_VAGUE: ['提醒护理员在窗边扫码。', 'Near a window the location is better.'],
  LOCATION_SYSTEM: ['不用处理：手机用的是国内地图坐标，已经换算。', 'Nothing to do: the phone uses the Chinese map system, it was converted.'],
  HOME_POINT_MISSING: ['下次到老人家时，用“把此处设为老人家的位置”补上坐标。', 'On the next visit set the point with “Set this place as the home”.'],
  CAPTURE_WEAK: ['问相机为什么不能用；卡坏了就重新打印。', 'Ask why the camera was not used; reprint a damaged card.'],
  CLOCK: ['让护理员打开“自动设置时间”。', 'Let the caregiver switch on automatic time.'],
  CLOCK_FAR: ['让护理员打开“自动设置时间”，并核实这次服务的时间。', 'Let the caregiver switch on automatic time, and check when the visit was.'],
  TIME_UNPROVEN: ['打电话向老人核实时间。', 'Check the time with the elder.'],
  LATE_SYNC: ['一般是楼里没信号，不用处理；经常这样就看看手机。', 'Usually a building without signal; look at the phone if it happens often.'],
  CHAIN_GAP: ['看缺的那条会不会补来；没补来就检查手机。', 'See whether the missing record still arrives; otherwise check the phone.'],
  VISIT_RENAMED: ['核对记到的是不是对的那一次；不对的由负责人核定。', 'See whether the right visit took the record; otherwise the manager decides.'],
  JUDGED_OTHERWISE: ['以服务器为准。多半是手机离线时计划变了；经常这样就报告管理员。', "The server's verdict counts. Most often the plan changed while the phone was offline; tell the administrator if it goes on."],
  CHAIN_FORK: ['收回手机检查，重新绑定。', 'Take the phone in, check it and enrol it again.'],
}

/** Where the text of the list speaks to the caregiver. */
const seenFromOffice: Record<string, Pair> = {
  NOT_ASSIGNED: ['这次服务没有派给这位护理员', 'This visit is not assigned to this caregiver'],
}

export const severityOf = (code: string): FindingText['severity'] => known[code]?.severity ?? 'warn'

/** What the finding means. */
export function findingText(code: string): string {
  const text = known[code]
  const pair: Pair | undefined = seenFromOffice[code] ?? (text && [text.zh, text.en])
  return pair ? say(pair) : code
}

/** What the office can do; where nothing is written for the office, what the caregiver is told. */
export function remedy(code: string): string | null {
  const text = known[code]
  const pair: Pair | undefined = atOffice[code] ?? (text && [text.zh_do, text.en_do])
  return pair ? say(pair) : null
}

export const hasRemedy = (code: string): boolean => code in atOffice
