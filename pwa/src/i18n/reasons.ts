/** The reasons of decisions and of entries by hand, as the desk and the caregiver read them. */
import { type Pair, say } from './index'

const decisionReasons: Record<string, Pair> = {
  confirmed_by_phone: ['打电话核实过', 'Confirmed by telephone'],
  confirmed_at_home: ['上门核实过', 'Confirmed at the home'],
  confirmed_by_colleague: ['同事证实', 'Confirmed by a colleague'],
  evidence_enough: ['证据足够', 'The evidence is enough'],
  plan_put_right: ['计划或派单已改正', 'The plan was put right'],
  phone_trouble: ['手机或信号问题', 'Trouble with the phone'],
  card_trouble: ['住户卡有问题', 'Trouble with the card'],
  not_served: ['没有服务', 'Nothing was served'],
  too_short: ['时间太短', 'Too short'],
  other_person: ['来的不是本人', 'Somebody else came'],
  twice: ['重复记录', 'Recorded twice'],
  not_entitled: ['不符合补贴条件', 'Not entitled'],
  elder_absent: ['老人不在家', 'The elder was absent'],
  not_as_recorded: ['和记录不符', 'Not as recorded'],
  when: ['问时间', 'About the time'],
  where: ['问地点', 'About the place'],
  what: ['问做了什么', 'About what was done'],
  who: ['问是谁', 'About who it was'],
  other: ['其他', 'Other'],
  phone_broken: ['手机坏了', 'The phone was broken'],
  phone_forgotten: ['没带手机', 'The phone was left behind'],
  no_phone: ['还没有手机', 'No phone yet'],
  card_missing: ['家里没有住户卡', 'No card in the home'],
  forgotten: ['忘了打卡', 'Forgotten'],
  left_unrecorded: ['走的时候没记', 'Leaving was not recorded'],
  came_unrecorded: ['到的时候没记', 'Arriving was not recorded'],
  wrong_visit: ['记到别的服务上了', 'Recorded for another visit'],
  absent: ['不在家', 'Absent'],
  no_answer: ['敲门没人应', 'No answer'],
  refused: ['老人拒绝', 'Refused'],
  hospital: ['住院', 'In hospital'],
  unsafe: ['不安全', 'Not safe'],
  wrong_address: ['地址不对', 'Wrong address'],
}

/** A reason of a decision or an entry, by its code. */
export const reasonName = (code: string): string => (decisionReasons[code] ? say(decisionReasons[code] as Pair) : code)
