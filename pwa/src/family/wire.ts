/** What the family's pages read from the server. */
import type { components } from '../api/schema'

type Schemas = components['schemas']

export type Me = Schemas['FamilyMe']
export type Joined = Schemas['FamilyJoined']
export type Days = Schemas['FamilyDays']
export type Month = Schemas['FamilyMonth']
export type Visit = Schemas['FamilyVisit']
export type Change = Schemas['FamilyChange']
export type Said = Schemas['MyFeedback']
export type State = Visit['state']
export type Reason = NonNullable<Schemas['NewFeedback']['reason']>
export type NewWord = Schemas['NewFeedback']
