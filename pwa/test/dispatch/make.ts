/** Visits and records as the server would give them, for the tests. */
import type { VisitDetail, VisitEvent, VisitRow } from '../../src/api/wire'

export function row(values: Partial<VisitRow> = {}): VisitRow {
  return {
    id: '01',
    elder: { id: 'e1', name: '阎振华' },
    service_type: 'cleaning',
    content: 'home_cleaning',
    window_start: '2026-11-21T09:00:00+08:00',
    window_end: '2026-11-21T11:00:00+08:00',
    op_state: 'assigned',
    verify_state: 'none',
    settle_state: 'unsettled',
    grade: null,
    late: false,
    caregivers: [{ id: 'c1', name: '彭燕' }],
    household: { id: 'h1', address: '朝外第一社区1号楼1单元101', community: '朝外第一社区' },
    provider: { id: 'p1', name: '朝外照料中心' },
    started_at: null,
    ended_at: null,
    holds: 0,
    heard_at: null,
    ...values,
  }
}

export function event(values: Partial<VisitEvent> = {}): VisitEvent {
  return {
    event_id: 'ev1',
    kind: 'check_in',
    effect: 'opened',
    capture: 'camera',
    claimed_at: '2026-11-21T09:02:11+08:00',
    received_at: '2026-11-21T09:02:14+08:00',
    earliest_at: '2026-11-21T09:02:09+08:00',
    at: '2026-11-21T09:02:11+08:00',
    heard_at: '2026-11-21T08:58:00+08:00',
    grade: 'A',
    distance_m: 23.4,
    accuracy_m: 15,
    position_error: null,
    verdict: 'accepted',
    tasks: [],
    reason: null,
    note: null,
    caregiver: { id: 'c1', name: '彭燕' },
    device_id: 'd1',
    seq: 7,
    codes: [],
    annulled: false,
    ...values,
  }
}

export function visit(values: Partial<VisitDetail> = {}): VisitDetail {
  return {
    ...row(),
    kind: 'planned',
    reason: null,
    geofence_m: 200,
    point: true,
    plan: null,
    events: [],
    findings: [],
    office: [],
    elsewhere: [],
    assignments: [],
    ...values,
  }
}
