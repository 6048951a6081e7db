"""Signed events of phones, their effect on visits, findings, and what was refused at the door. Append-only."""

from piccolo.columns import JSONB, UUID, Array, Bytea, DoublePrecision, Integer, Text
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.homes import Household
from doorstep.db.tables.people import Caregiver, Device
from doorstep.db.tables.visits import Visit


class CheckEvent(Table, tablename="check_event"):
    """One event exactly as the phone signed it, what the server read in it, and the receipt it was answered with."""

    id = UUID(primary_key=True, default=None)  # event_id, made by the phone
    device = reference(Device, index=False)
    caregiver = reference(Caregiver, index=False)
    kind = words()  # check_in check_out not_served annul
    jws = words()
    hash = Bytea(default=None)  # SHA-256 of jws
    seq = Integer(default=None)
    prev_hash = Bytea(null=True, default=None)
    capture = words(null=True)  # camera photo typed
    household = reference(Household, null=True, index=False)  # whose code it was
    elder_ids = Array(base_column=UUID(), default=list)
    claimed_at = instant()
    anchor_at = instant(null=True)
    elapsed_ms = Integer(null=True, default=None)
    earliest_at = instant(null=True)  # lower end of the time bracket, from the signed anchor
    received_at = instant()
    at = instant()  # the instant inside the bracket that the records use
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    accuracy_m = DoublePrecision(null=True, default=None)
    position_age_ms = Integer(null=True, default=None)
    position_error = words(null=True)
    distance_m = DoublePrecision(null=True, default=None)  # from the home's point
    tasks = Array(base_column=Text(), default=list)
    acknowledged = Array(base_column=Text(), default=list)
    reason = words(null=True)
    note = words(null=True)
    annuls = UUID(null=True, default=None)
    app_version = words(null=True)
    grade = words(null=True)
    verdict = words()  # accepted, accepted_with_findings, refused
    codes = Array(base_column=Text(), default=list)
    receipt = words()  # the server's JWS, answered again for the same event


class EventVisit(Table, tablename="event_visit"):
    """Which visits an event touched, and what it did to each.

    opened joined left closed opened_and_closed joined_and_closed waiting not_served annulled none
    Of two rows of an event and a visit the later one counts: a check-in that takes the place of one taken back.
    """

    id = row_id()
    event = reference(CheckEvent, index=False)
    visit = reference(Visit)
    effect = words()
    holds = Array(base_column=Text(), default=list)  # codes of its findings that hold this visit's money


class Finding(Table, tablename="finding"):
    """A rule that was not met, found by the machine; people decide what it means."""

    id = row_id()
    code = words()  # closed list in schemas/codes.json
    severity = words()  # info warn hold
    event = UUID(null=True, default=None, index=True)
    visit = reference(Visit, null=True)
    data = JSONB(default="{}")
    detector = words()
    at = instant()


class RefusedEvent(Table, tablename="refused_event"):
    """What could not be accepted at the door, kept with its reason: nothing a phone sent is lost."""

    id = row_id()
    jws = words()  # cut at 16 kB
    hash = Bytea(default=None, unique=True)
    event_id = UUID(null=True, default=None)  # as claimed
    device = UUID(null=True, default=None)  # as claimed
    code = words()
    detail = words(null=True)
    received_at = instant()
    receipt = words()
