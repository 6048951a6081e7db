/** What the board reads and asks, by the generated types. */
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type Board = Schemas['Board']
export type BoardVisit = Schemas['BoardVisit']
export type BoardCaregiver = Schemas['BoardCaregiver']
export type Foreseen = Schemas['Foreseen']
export type Conflict = Schemas['Conflict']
export type PlannedChange = Schemas['PlannedChange']
export type Done = Schemas['Done']
