/** Words that every area uses. */
import { words } from './index'

export const common = words({
  app: ['到家', 'Doorstep'],
  tagline: ['每一次上门，都有据可查', 'Every home visit, on record'],
  switch_language: ['English', '中文'],
  back: ['返回', 'Back'],
  close: ['关闭', 'Close'],
  cancel: ['取消', 'Cancel'],
  ok: ['知道了', 'OK'],
  confirm: ['确定', 'Confirm'],
  save: ['保存', 'Save'],
  retry: ['再试一次', 'Try again'],
  refresh: ['刷新', 'Refresh'],
  search: ['搜索', 'Search'],
  more: ['显示更多', 'Show more'],
  loading: ['正在加载…', 'Loading…'],
  working: ['请稍候…', 'One moment…'],
  yes: ['是', 'Yes'],
  no: ['否', 'No'],
  none: ['无', 'None'],
  unknown_elder: ['老人待核对', 'Elder to be confirmed'],
  optional: ['可不填', 'optional'],
  home: ['首页', 'Start page'],
  unread: ['这里还没有内容', 'Nothing here yet'],

  start_title: ['您是哪一位？', 'Who are you?'],
  start_caregiver: ['护理员', 'Caregiver'],
  start_caregiver_hint: ['扫码签到、签退，看今天的安排', "Scan in and out, see today's calls"],
  start_family: ['家属', 'Family'],
  start_family_hint: ['看家里老人的上门服务', "See your elder's visits"],
  start_office: ['机构与街乡', 'Office'],
  start_office_hint: ['调度、负责人、街乡、审计', 'Dispatcher, manager, subdistrict, auditor'],
  not_found: ['没有这个页面', 'There is no such page'],
  not_found_hint: ['地址可能写错了，或者页面已经搬走。', 'The address may be wrong, or the page has moved.'],

  update_ready: ['有新版本', 'A new version is ready'],
  update_now: ['点此更新', 'Update now'],
  update_waits: ['正在送出记录，送完就更新…', 'Sending records first, then updating…'],
  crashed: ['这个页面出了问题', 'This page has failed'],
  crashed_hint: ['已存的记录不受影响。请重新打开。', 'Saved records are safe. Please reload.'],
  reload: ['重新打开', 'Reload'],

  offline: ['连不上服务器', 'The server cannot be reached'],
  offline_hint: ['请看看有没有信号或网络。', 'Check the signal or the network.'],
  unavailable: ['服务暂时不可用，请稍后再试', 'The service is not available at the moment'],
  unavailable_hint: ['不是您的网络。请过几分钟再试。', 'It is not your network. Please try again in a few minutes.'],
  timeout: ['服务器太久没有回答', 'The server took too long to answer'],
  timeout_hint: ['网络可能很慢，请再试一次。', 'The network may be slow. Please try again.'],
  bad_answer: ['服务器的回答看不懂', 'The server gave an answer that cannot be read'],
  bad_answer_hint: ['请再试一次；还不行请告诉管理员。', 'Try again; if it persists tell the administrator.'],
  unknown_problem: ['出了问题', 'Something went wrong'],
  unknown_finding: ['需要人工核对（{code}）', 'A person will check this ({code})'],
  unknown_finding_do: ['请更新到家，或问调度员', 'Update Doorstep, or ask the dispatcher'],
  hours_minutes: ['{h} 小时 {m} 分', '{h} h {m} min'],
  minutes: ['{m} 分钟', '{m} min'],
  field_errors: ['请改正：', 'Please correct:'],
  error_code: ['代码 {code}', 'Code {code}'],
  shown_of: ['显示的是 {time} 的内容', 'Showing what was there at {time}'],

  word_on_phone: ['在手机上', 'On phone'],
  word_reached: ['已送达', 'Reached'],
  word_accepted: ['已认可', 'Accepted'],
  word_counted: ['已计入', 'Counted'],
  word_refused: ['被拒绝', 'Refused'],
  word_on_phone_hint: ['已存在手机上，还没送到服务器', 'Stored on the phone, not yet at the server'],
  word_reached_hint: ['服务器已收到，并给了回执', 'The server has it and gave a receipt'],
  word_accepted_hint: ['核对通过，没有要扣下的问题', 'Checked, with nothing that holds it'],
  word_counted_hint: ['这次服务已经核实，计入服务量', 'The visit is verified and counts'],

  type_medical: ['助医', 'Medical'],
  type_meal: ['助餐', 'Meal'],
  type_cleaning: ['助洁', 'Cleaning'],
  type_bathing: ['助浴', 'Bathing'],
  type_unspecified: ['未说明', 'Not stated'],

  op_planned: ['待派', 'Planned'],
  op_assigned: ['已派', 'Assigned'],
  op_in_progress: ['服务中', 'In progress'],
  op_completed: ['已完成', 'Completed'],
  op_missed: ['未到', 'Missed'],
  op_not_served: ['未服务', 'Not served'],
  op_unclosed: ['未签退', 'Not checked out'],
  op_cancelled: ['已取消', 'Cancelled'],
  verify_none: ['未核', 'Not checked'],
  verify_pending: ['待核', 'Pending'],
  verify_auto_verified: ['自动核实', 'Auto-verified'],
  verify_needs_review: ['待人工核', 'Needs review'],
  verify_verified: ['已核实', 'Verified'],
  verify_rejected: ['未通过', 'Rejected'],
  verify_reopened: ['重新核', 'Reopened'],
  settle_unsettled: ['未结算', 'Unsettled'],
  settle_held: ['暂缓', 'Held'],
  settle_in_statement: ['已入账单', 'In statement'],
  settle_paid: ['已付', 'Paid'],
  settle_clawed_back: ['已追回', 'Clawed back'],
  settle_not_payable: ['不付', 'Not payable'],
})

/** `unspecified`: a visit that began with a scan of which nobody has said yet what it was. */
export type ServiceType = 'medical' | 'meal' | 'cleaning' | 'bathing' | 'unspecified'
export type OpState = 'planned' | 'assigned' | 'in_progress' | 'completed' | 'missed' | 'not_served' | 'unclosed' | 'cancelled'
export type VerifyState = 'none' | 'pending' | 'auto_verified' | 'needs_review' | 'verified' | 'rejected' | 'reopened'
export type SettleState = 'unsettled' | 'held' | 'in_statement' | 'paid' | 'clawed_back' | 'not_payable'

export const serviceName = (type: ServiceType): string => common(`type_${type}`)
export const opName = (state: OpState): string => common(`op_${state}`)
export const verifyName = (state: VerifyState): string => common(`verify_${state}`)
export const settleName = (state: SettleState): string => common(`settle_${state}`)
