/** Words about the two judges of a record, and about why a phone's clock was wrong. */
import { words } from './index'

export const verdicts = words({
  by_phone: ['手机判断', 'The phone judged'],
  by_server: ['服务器判断', 'The server judged'],
  nothing: ['没有问题', 'nothing found'],
  as_of: ['手机最后一次更新计划：{at}', 'The phone knew the plan as of {at}'],
  only_here: ['只有这边', 'only here'],

  cause_zone: ['手机的时区不是北京时间（{zone}），时间是按那个时区调的', "the phone's zone is not China's ({zone}), and its clock was set by that zone"],
  cause_year: ['手机的日期错了一年左右，或者没电后回到了出厂日期', "the phone's date is wrong by about a year, or went back to the factory's after an empty battery"],
  comma: ['，', ', '],
  cause_jump: ['上次联网以后，手机时间被调过', 'the clock was changed after the last contact'],
  cause_jump_by: ['上次联网以后，手机时间被{way}了 {length}', 'the clock was {way} by {length} after the last contact'],
  forward: ['调快', 'set forward'],
  back: ['调慢', 'set back'],
  cause_steady: ['上次联网时手机时间就不准，之后没有调过', 'the clock was wrong at the last contact already and was not changed since'],
  cause_restart: ['上次联网以后应用或手机重新启动过，分不清是不是调过时间', 'the app or the phone has restarted since the last contact, so nobody can tell whether the clock was changed'],
  cause_unknown: ['手机还没有和服务器对过时间，没有可以比较的', 'the phone has never compared its clock with the server'],
  unproven_restarted: ['上次联网以后应用或手机重新启动过，只能证明是在那次联网以后', 'the app or the phone has restarted since the last contact: only that it was after that contact is proven'],
  unproven_restarted_n: ['上次联网以后应用或手机重新启动过 {n} 次，只能证明是在那次联网以后', 'the app or the phone has restarted {n} times since the last contact: only that it was after that contact is proven'],
  unproven_no_anchor: ['手机从来没有拿到过服务器的时间', 'the phone has never had a time from the server'],
  unproven_anchor_invalid: ['手机带来的服务器时间不是给这部手机的', 'the time from the server was not given to this phone'],
  other_zone: ['手机设的时区是 {zone}，不是北京时间', "the phone is set to {zone}, not to China's time"],
})
