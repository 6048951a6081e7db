"""Programmes with their monthly caps; care plans (one elder, one plan), their dated states and items."""

from piccolo.columns import JSONB, Array, Date, Integer, Text, Time
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.homes import Elder
from doorstep.db.tables.organisations import Provider


class Programme(Table, tablename="programme"):
    """A subsidy programme, such as `chaoyang-siin`."""

    id = row_id()
    code = words(unique=True)
    name = words()
    starts_on = Date(null=True, default=None)
    ends_on = Date(null=True, default=None)  # last day
    funder_mark = words(null=True)  # what the funder wants to read on printed cards and the public page


class MonthlyCap(Table, tablename="monthly_cap"):
    """Cap per elder and calendar month; service_type `total` is the sum over all types."""

    id = row_id()
    programme = reference(Programme)
    service_type = words()
    cap_fen = Integer(default=None)
    valid_from = Date(default=None)


class CarePlan(Table, tablename="care_plan"):
    """One version of an elder's plan; versions are immutable."""

    id = row_id()
    elder = reference(Elder)
    programme = reference(Programme)
    version = Integer(default=1)
    valid_from = Date(default=None)
    valid_to = Date(default=None)  # half-open
    risks = Array(base_column=Text(), default=list)
    emergency_procedure = words()  # id in plans.catalogue
    created_at = instant()


class PlanState(Table, tablename="plan_state"):
    """Dated state of a plan: draft, assessed, agreed, filed, active, suspended, superseded, ended."""

    id = row_id()
    plan = reference(CarePlan)
    state = words()
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)  # half-open
    reason = words(null=True)
    recorded_at = instant()


class PlanItem(Table, tablename="plan_item"):
    """What is done how often, when, by whom, at which price."""

    id = row_id()
    plan = reference(CarePlan)
    provider = reference(Provider)
    service_type = words()  # medical, meal, cleaning, bathing
    content = words()  # code in plans.catalogue
    frequency = words()  # as the office wrote it
    recurrence = JSONB(default=None)  # parsed, see visits.rules.Recurrence
    window_start = Time(default=None)
    window_end = Time(default=None)
    min_minutes = Integer(default=None)
    max_minutes = Integer(default=None)
    max_per_month = Integer(null=True, default=None)
    carers_needed = Integer(default=1)
    unit_price_fen = Integer(default=None)
    ratio_bp = Integer(default=None)
    valid_from = Date(default=None)
    valid_to = Date(default=None)  # half-open
