/** Holds the types that the screens read against the generated ones: a field that goes, or may be null, breaks the type check. */
import type { components } from './schema'
import type * as wire from './wire'
import type * as reminders from './wire-reminders'

type Schemas = components['schemas']

/** Names, nesting and what may be null; what a text may say is wire.ts's to narrow. Fields with a default are always sent. */
type Shape<T> = T extends readonly (infer Item)[] ? Shape<Item>[] : T extends object ? (string extends keyof T ? 'map' : { [K in keyof T]-?: Shape<Exclude<T[K], undefined>> }) : T extends null ? null : 'value'
/** The server may say more than the screens read, never less. */
type Held<Ours, Theirs> = [Shape<Theirs>] extends [Shape<Ours>] ? true : { ours: Shape<Ours>; theirs: Shape<Theirs> }

type Checks = {
  Me: Held<wire.Me, Schemas['Me']>
  Redeemed: Held<wire.Redeemed, Schemas['Redeemed']>
  DoorSync: Held<wire.DoorSync, Schemas['DoorSync']>
  DoorHome: Held<wire.DoorHome, Schemas['DoorHome']>
  CheckinsAnswer: Held<wire.CheckinsAnswer, Schemas['CheckInAnswer']>
  Enrolment: Held<wire.Enrolment, Schemas['Enrolment']>
  EnrolmentState: Held<wire.EnrolmentState, Schemas['EnrolmentState']>
  Caregiver: Held<wire.Caregiver, Schemas['CaregiverItem']>
  VisitRow: Held<wire.VisitRow, Schemas['VisitRow']>
  VisitDay: Held<wire.VisitDay, Schemas['VisitDay']>
  VisitDetail: Held<wire.VisitDetail, Schemas['VisitEvidence']>
  Household: Held<wire.Household, Schemas['HouseholdRow']>
  HouseholdPage: Held<wire.HouseholdPage, Schemas['HouseholdPage']>
  PushState: Held<reminders.PushState, Schemas['PushState']>
  ReminderItem: Held<reminders.ReminderItem, Schemas['ReminderItem']>
  ReminderSettings: Held<reminders.ReminderSettings, Schemas['DoorSettings']>
  CalendarLink: Held<reminders.CalendarLink, Schemas['CalendarAddress']>
  LedgerItem: Held<reminders.LedgerItem, Schemas['LedgerItem']>
  DeskItem: Held<reminders.DeskItem, Schemas['DeskItem']>
  CallItem: Held<reminders.CallItem, Schemas['CallItem']>
  Channels: Held<reminders.Channels, Schemas['ChannelState']>
  DeadLetter: Held<reminders.DeadLetter, Schemas['DeadLetter']>
  DeskSettings: Held<reminders.DeskSettings, Schemas['ProviderSettings']>
  ImportRun: Held<wire.ImportRun, Schemas['ImportRunView']>
}

type Broken = { [K in keyof Checks as Checks[K] extends true ? never : K]: Checks[K] }
/** Hover over a failure here to see what differs. */
export const held: Record<string, never> = {} satisfies Broken
