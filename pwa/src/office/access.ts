/** What each role sees and may do; the server decides again. */
import type { Role } from '../api/wire'
import type { IconName } from '../ui'

export type Place = 'today' | 'review' | 'feedback' | 'samples' | 'figures' | 'register' | 'audit' | 'families' | 'elders' | 'caregivers' | 'cards' | 'import' | 'hand_in' | 'reminders'
export interface NavItem {
  place: Place
  to: string
  icon: IconName
}

export const NAV: readonly NavItem[] = [
  { place: 'today', to: '/dispatch', icon: 'list' },
  { place: 'review', to: '/office/review', icon: 'shield' },
  { place: 'feedback', to: '/office/feedback', icon: 'people' },
  { place: 'elders', to: '/dispatch/elders', icon: 'person' },
  { place: 'caregivers', to: '/dispatch/caregivers', icon: 'people' },
  { place: 'samples', to: '/office/samples', icon: 'counted' },
  { place: 'figures', to: '/office/figures', icon: 'records' },
  { place: 'register', to: '/office/register', icon: 'file' },
  { place: 'cards', to: '/office/cards', icon: 'card' },
  { place: 'import', to: '/office/import', icon: 'upload' },
  { place: 'hand_in', to: '/dispatch/hand-in', icon: 'phone' },
  { place: 'audit', to: '/office/audit', icon: 'search' },
]

const PLACES: Record<Role, readonly Place[]> = {
  dispatcher: ['today', 'review', 'feedback', 'families', 'elders', 'caregivers', 'cards', 'hand_in', 'reminders', 'register'],
  manager: ['today', 'review', 'feedback', 'families', 'elders', 'caregivers', 'cards', 'import', 'hand_in', 'reminders', 'samples', 'figures', 'register', 'audit'],
  officer: ['today', 'review', 'feedback', 'elders', 'import', 'samples', 'figures', 'register', 'audit'],
  auditor: ['today', 'review', 'feedback', 'elders', 'samples', 'figures', 'register', 'audit'],
  admin: ['today', 'review', 'feedback', 'families', 'elders', 'caregivers', 'cards', 'import', 'hand_in', 'reminders', 'samples', 'figures', 'register', 'audit'],
}

export const mayOpen = (role: Role, place: Place): boolean => PLACES[role].includes(place)
/** Orders, assignments, phones, cards and home points. */
export const mayDispatch = (role: Role): boolean => role === 'dispatcher' || role === 'manager' || role === 'admin'
export const seesManyProviders = (role: Role): boolean => role === 'officer' || role === 'auditor' || role === 'admin'
/** Decisions about held visits, and answers to families. */
export const mayDecide = (role: Role): boolean => role === 'manager' || role === 'officer' || role === 'admin'
