"""Visits with their three state axes, assignments, and the append-only table of changes."""

from piccolo.columns import JSONB, UUID, Array, BigSerial, Date, Integer, Text
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.homes import Elder, Household
from doorstep.db.tables.organisations import Provider
from doorstep.db.tables.people import Account, Caregiver
from doorstep.db.tables.plans import PlanItem


class Visit(Table, tablename="visit"):
    """One service to one elder on one day."""

    id = row_id()
    elder = reference(Elder, index=False)
    household = reference(Household)
    plan_item = reference(PlanItem, null=True, index=False)
    provider = reference(Provider, index=False)
    kind = words()  # planned, adhoc
    service_type = words()
    content = words()
    service_day = Date(default=None)  # Asia/Shanghai
    planned_day = Date(null=True, default=None)  # the plan's day, when it was moved to another
    ordinal = Integer(default=1)  # n-th of its plan item on the plan's day
    window_start = instant()
    window_end = instant()
    min_minutes = Integer(default=0)
    max_minutes = Integer(default=240)
    carers_needed = Integer(default=1)
    op_state = words()  # planned assigned in_progress completed missed not_served unclosed cancelled
    verify_state = words()  # none pending auto_verified needs_review verified rejected reopened
    settle_state = words()  # unsettled held in_statement paid clawed_back not_payable
    grade = words(null=True)  # A B C D, the worst of its events
    holds = Integer(default=0)  # findings that hold the money, recomputable
    hold_codes = Array(base_column=Text(), default=list)  # a code for each of them
    started_at = instant(null=True)
    ended_at = instant(null=True)
    reason = words(null=True)  # of not_served, cancelled or an ad-hoc order
    created_by = reference(Account, null=True, index=False)
    created_at = instant()
    changed_at = instant()


class Assignment(Table, tablename="assignment"):
    """Who is to go. Ended rows are kept."""

    id = row_id()
    visit = reference(Visit)
    caregiver = reference(Caregiver, index=False)
    service_day = Date(null=True, default=None)  # its visit's, written by the database
    assigned_by = reference(Account, null=True, index=False)
    assigned_at = instant()
    ended_at = instant(null=True)
    ended_by = reference(Account, null=True, index=False)


class Change(Table, tablename="change"):
    """What happened: features below read on from their own cursor, woken by NOTIFY.

    A reader takes only rows whose `transaction` is below `change_horizon()`, in the order of (transaction, id), and
    keeps both as its cursor: ids alone are handed out in another order than transactions, so a cursor of ids would pass
    over a row that is committed later. The numbers go on over a restore, see `db.epoch`.
    """

    id = BigSerial(primary_key=True)
    kind = words()
    subject = UUID(default=None)
    at = instant()
    data = JSONB(default="{}")
    provider = UUID(null=True, default=None)
    area = UUID(null=True, default=None)
