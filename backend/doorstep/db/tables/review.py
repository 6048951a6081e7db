"""The office's part in the truth: holds without a record, decisions, objections to them, entries by hand, samples."""

from piccolo.columns import JSONB, UUID, Array, BigSerial, Bytea, Date, Integer, Text
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.organisations import Area, Provider
from doorstep.db.tables.people import Account, Caregiver
from doorstep.db.tables.visits import Visit


class VisitHold(Table, tablename="visit_hold"):
    """Money held for a reason that stands in no phone's record: an objection, a late notice, an inspection."""

    id = row_id()
    visit = reference(Visit)
    code = words()  # closed list in schemas/codes.json
    source = UUID(null=True, default=None)  # the row that caused it
    placed_at = instant()
    lifted_at = instant(null=True)
    lifted_by = reference(Account, null=True, index=False)


class Decision(Table, tablename="decision"):
    """What a person decided about a visit. Append-only; a later one counts. Nobody decides on their own work."""

    id = row_id()
    visit = reference(Visit)
    decision = words()  # accept, reject, ask
    reason_code = words()
    note = words(null=True)
    codes = Array(base_column=Text(), default=list)  # the findings that it answers
    answers = Array(base_column=UUID(), default=list)  # the events whose holds it answers
    caregiver = reference(Caregiver, null=True, index=False)  # who is asked
    decided_by = reference(Account, index=False)
    at = instant()


class CaregiverWord(Table, tablename="caregiver_word"):
    """A caregiver's answer to a question, or the one objection to a rejection. Append-only."""

    id = row_id()
    decision = reference(Decision)
    caregiver = reference(Caregiver, index=False)
    kind = words()  # answer, objection
    text = words()
    at = instant()


class ManualEdit(Table, tablename="manual_edit"):
    """An entry or a change by hand, with its reason, for ever. Append-only."""

    id = row_id()
    visit = reference(Visit)
    kind = words()  # entry, times, not_served
    reason_code = words()
    note = words(null=True)
    before = JSONB(default="{}")
    after = JSONB(default="{}")
    caregiver = reference(Caregiver, null=True, index=False)
    made_by = reference(Account, index=False)
    at = instant()


class OfficeAction(Table, tablename="office_action"):
    """A dispatcher's step that can be taken back for some minutes: what stood before and after it."""

    id = row_id()
    kind = words()  # order, assign, swap, cancel, move, series
    provider = reference(Provider, null=True, index=False)
    area = UUID(null=True, default=None)
    data = JSONB(default="{}")
    by = reference(Account)
    at = instant()
    undone_at = instant(null=True)
    undone_by = reference(Account, null=True, index=False)


class Sample(Table, tablename="sample"):
    """A random draw of verified visits that anybody can repeat from its seed and its population."""

    id = row_id()
    seed = words()
    since = Date(default=None)
    until = Date(default=None)  # half-open
    size = Integer(default=None)
    population = Integer(default=None)
    population_ids = Bytea(null=True, default=None)  # what was drawn from: 16 bytes a visit, in ascending order
    population_sha256 = Bytea(default=None)  # of them
    provider = reference(Provider, null=True, index=False)
    area = reference(Area, null=True, index=False)
    drawn_by = reference(Account, index=False)
    at = instant()


class SampleItem(Table, tablename="sample_item"):
    """One drawn visit. Append-only."""

    id = row_id()
    sample = reference(Sample)
    visit = reference(Visit)
    ordinal = Integer(default=None)


class Inspection(Table, tablename="inspection"):
    """A call-back or a visit to the home about a drawn visit. Append-only; the last one counts."""

    id = row_id()
    item = reference(SampleItem)
    kind = words()  # call_back, home_visit
    outcome = words()  # confirmed, differs, did_not_happen, not_reached
    note = words(null=True)
    made_by = reference(Account, index=False)
    at = instant()


class Audit(Table, tablename="audit"):
    """Who did or read what: every change by anybody, every read by an auditor. Append-only."""

    id = BigSerial(primary_key=True)
    at = instant()
    account = UUID(null=True, default=None)
    person = UUID(null=True, default=None)  # caregiver or family member
    role = words()
    name = words()  # as it was then
    operation = words()  # of the API
    subject = UUID(null=True, default=None)
    data = JSONB(default="{}")  # ids and codes, never personal data
    provider = UUID(null=True, default=None)
    area = UUID(null=True, default=None)
