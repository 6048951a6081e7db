"""Families: consent of the elder, one-time links, who may see whom, and what they say about a visit."""

from piccolo.columns import Bytea, Date, SmallInt
from piccolo.table import Table

from doorstep.db.tables.base import flag, instant, reference, row_id, words
from doorstep.db.tables.homes import Elder
from doorstep.db.tables.people import Account
from doorstep.db.tables.visits import Visit


class Consent(Table, tablename="consent"):
    """What an elder has agreed to, from a day to a day: PIPL art. 14 to 16 and 29."""

    id = row_id()
    elder = reference(Elder)
    purpose = words()  # family_view
    given_by = words()  # self, guardian, agent
    giver_name = Bytea(null=True, default=None)  # sealed; of a guardian or agent
    text_version = words()
    given_on = Date(default=None)
    withdrawn_on = Date(null=True, default=None)  # the first day without it
    recorded_at = instant()
    recorded_by = reference(Account, index=False)
    withdrawal_recorded_at = instant(null=True)
    withdrawal_recorded_by = reference(Account, null=True, index=False)


class FamilyMember(Table, tablename="family_member"):
    """A person with a device that opened a one-time link. The name is what the station wrote on the link."""

    id = row_id()
    name = Bytea(default=None)  # sealed
    large_type = flag(True)
    created_at = instant()


class FamilyInvite(Table, tablename="family_invite"):
    """A one-time link or code for one elder; only hashes are stored, of the code, which is short, a keyed one.

    `attempt_sha256`: of what the device that used it had made up: if its answer was lost, it alone may ask again.
    """

    id = row_id()
    elder = reference(Elder)
    name = Bytea(default=None)  # sealed
    relation = words()
    secret_sha256 = Bytea(default=None, unique=True)
    code_fingerprint = Bytea(null=True, default=None, unique=True)
    attempt_sha256 = Bytea(null=True, default=None)
    created_by = reference(Account, index=False)
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)
    revoked_at = instant(null=True)
    member = reference(FamilyMember, null=True)


class FamilyLink(Table, tablename="family_link"):
    """Which elder a family member may see. Ended rows are kept."""

    id = row_id()
    member = reference(FamilyMember)
    elder = reference(Elder)
    relation = words()
    invite = reference(FamilyInvite, index=False)
    created_at = instant()
    ended_at = instant(null=True)
    ended_by = reference(Account, null=True, index=False)
    ended_reason = words(null=True)


class Feedback(Table, tablename="feedback"):
    """What a family said about a visit, and the office's answer. An open objection holds the visit's money.

    `outcome` of an objection: upheld, dismissed, withdrawn (by the family).
    """

    id = row_id()
    visit = reference(Visit)
    member = reference(FamilyMember)
    elder = reference(Elder)
    kind = words()  # confirm, rate, ask, object
    score = SmallInt(null=True, default=None)  # 1 to 5
    reason = words(null=True)  # of an objection: nobody_came, too_short, not_done, other_person, conduct, other
    text = Bytea(null=True, default=None)  # sealed
    at = instant()
    answer_due_on = Date(null=True, default=None)
    outcome = words(null=True)
    answer = Bytea(null=True, default=None)  # sealed
    answered_at = instant(null=True)
    answered_by = reference(Account, null=True, index=False)
    seen_at = instant(null=True)  # the family has seen the answer
