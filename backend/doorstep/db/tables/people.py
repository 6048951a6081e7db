"""Office accounts and sessions, caregivers with their qualifications, phones and enrolment tickets."""

from piccolo.columns import UUID, Boolean, Bytea, Date, Integer
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.organisations import Area, Provider


class Caregiver(Table, tablename="caregiver"):
    """A care worker employed by a provider."""

    id = row_id()
    provider = reference(Provider)
    name = words()
    initials = words()  # pinyin initials, for search
    phone = Bytea(default=None)  # sealed
    phone_fingerprint = Bytea(default=None, unique=True)
    employed_from = Date(null=True, default=None)
    employed_to = Date(null=True, default=None)  # half-open
    created_at = instant()


class Qualification(Table, tablename="qualification"):
    """A certificate with its term: health_certificate, nurse_licence, care_worker_certificate.

    A moved date is a new row. The one that it replaces counts no more from the day on which that was recorded: its last
    day is the one before, and what it said is kept.
    """

    id = row_id()
    caregiver = reference(Caregiver)
    kind = words()
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)  # last valid day
    recorded_at = instant()
    recorded_by = UUID(null=True, default=None)  # account
    replaced_at = instant(null=True)
    stated_until = Date(null=True, default=None)  # the last valid day of a replaced one, as it was stated


class LeavePeriod(Table, tablename="leave_period"):
    """A caregiver's absence, half-open civil dates."""

    id = row_id()
    caregiver = reference(Caregiver)
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)
    reason = words(null=True)
    recorded_at = instant()
    recorded_by = UUID(null=True, default=None)  # account


class Account(Table, tablename="account"):
    """An office login: dispatcher, manager (provider scope), officer (area scope), auditor, admin."""

    id = row_id()
    role = words()
    display_name = words()
    login = words(unique=True)
    password_hash = words()  # argon2id
    totp_secret = Bytea(null=True, default=None)  # sealed
    totp_used_step = Integer(null=True, default=None)  # no code is accepted twice
    provider = reference(Provider, null=True)
    area = reference(Area, null=True)
    caregiver = reference(Caregiver, null=True)  # who this is when out on a call: nobody decides on their own work
    disabled_at = instant(null=True)
    created_at = instant()


class SignInFailure(Table, tablename="sign_in_failure"):
    """Failed sign-ins in a row, by what was typed as the login, so that nobody learns whether it is an account's."""

    id = row_id()
    login_fingerprint = Bytea(default=None, unique=True)
    failures = Integer(default=0)
    locked_until = instant(null=True)
    changed_at = instant(index=True)


class Device(Table, tablename="device"):
    """A caregiver's phone; its id is the `kid` of its events. One live device for each caregiver.

    From `reported_at` on: what the phone last said of itself, null for what it never said.
    """

    id = row_id()
    caregiver = reference(Caregiver)
    public_key = Bytea(default=None)  # 65 bytes, uncompressed P-256 point
    platform = words(null=True)
    app_version = words(null=True)
    enrolled_at = instant()
    enrolled_by = reference(Account, null=True)
    revoked_at = instant(null=True)
    revoked_by = reference(Account, null=True)
    revoked_reason = words(null=True)
    last_seen_at = instant(null=True)
    last_seq = Integer(default=0)
    last_hash = Bytea(null=True, default=None)
    reported_at = instant(null=True)
    waiting = Integer(null=True, default=None)  # records that have no receipt yet
    oldest_waiting_at = instant(null=True)
    persisted = Boolean(null=True, default=None)  # the browser promised to keep the storage
    standalone = Boolean(null=True, default=None)  # opened from the home screen


class EnrolmentTicket(Table, tablename="enrolment_ticket"):
    """A one-time secret that binds one phone to one caregiver."""

    id = row_id()
    caregiver = reference(Caregiver)
    secret_sha256 = Bytea(default=None, unique=True)
    created_by = reference(Account)
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)
    device = reference(Device, null=True)


class Session(Table, tablename="session"):
    """An opaque token, hashed: of an office account, of a caregiver's phone, or of a family member's device."""

    id = row_id()
    token_sha256 = Bytea(default=None, unique=True)
    account = reference(Account, null=True)
    device = reference(Device, null=True)
    family_member = UUID(null=True, default=None, index=True)  # families.FamilyMember
    created_at = instant()
    last_seen_at = instant()
    expires_at = instant()
    revoked_at = instant(null=True)
