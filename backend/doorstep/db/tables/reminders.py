"""Reminders as duties with a ledger, push subscriptions, calendar feeds, the call list, and readers' cursors."""

from piccolo.columns import UUID, BigInt, Bytea, Integer, Serial, SmallInt, Time
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.homes import Elder
from doorstep.db.tables.organisations import Provider
from doorstep.db.tables.people import Account, Caregiver
from doorstep.db.tables.visits import Visit


class ReaderCursor(Table, tablename="reader_cursor"):
    """How far a reader of the table of changes has come, see `visits.Change`. One row for each reader."""

    id = Serial(primary_key=True)
    reader = words(unique=True)
    transaction = BigInt(default=0)
    change = BigInt(default=0)
    moved_at = instant()


class Reminder(Table, tablename="reminder"):
    """One thing that one person has to be told once. `thing` names it; `occasion` is the instant that it is about.

    `person` is a caregiver, a family member, or the provider whose dispatchers are meant (`audience` says which).
    `state`: planned, sent (tried at least once, nothing acknowledged yet), acknowledged, called (told by telephone),
    replaced (by a newer one), cancelled (no longer true), expired (nobody acknowledged while it was of use).
    A worker owns the row until `claimed_until`; `step` counts the channels of the ladder that were tried.
    """

    id = row_id()
    kind = words()
    audience = words()  # caregiver, dispatcher, family
    person = UUID(default=None, index=True)
    visit = reference(Visit, null=True)
    provider = reference(Provider, null=True, index=False)
    thing = words()
    occasion = instant()
    topic = words()  # what push services and phones replace by: at most 32 URL-safe characters
    due_at = instant()
    useless_at = instant()
    next_at = instant(null=True)  # when a worker has to look at it again; null: never
    state = words()
    step = SmallInt(default=0)
    claimed_by = UUID(null=True, default=None)
    claimed_until = instant(null=True)
    sent_at = instant(null=True)
    shown_at = instant(null=True)
    acknowledged_at = instant(null=True)
    acknowledged_by = words(null=True)  # service_worker, app, call
    created_at = instant()
    changed_at = instant()


class PushSubscription(Table, tablename="push_subscription"):
    """A browser that can be reached by web push. The endpoint is user input and a secret: sealed.

    `state`: untested, working (a test was acknowledged), resting (asked to wait until `retry_at`), disabled, gone.
    """

    id = row_id()
    audience = words()  # caregiver, dispatcher, family
    person = UUID(default=None, index=True)  # caregiver, account or family member
    session = UUID(null=True, default=None)
    endpoint = Bytea(default=None)  # sealed
    endpoint_fingerprint = Bytea(default=None, unique=True)
    host = words()
    p256dh = Bytea(default=None)
    auth = Bytea(default=None)  # sealed
    key_id = words()  # of the VAPID key that it was made for
    state = words()
    forbidden = SmallInt(default=0)  # 403 in a row
    failures = Integer(default=0)  # of any kind in a row
    retry_at = instant(null=True)
    created_at = instant()
    accepted_at = instant(null=True)  # the push service last took a message
    proven_at = instant(null=True)  # the device last acknowledged one
    ended_at = instant(null=True)
    ended_reason = words(null=True)


class ReminderAttempt(Table, tablename="reminder_attempt"):
    """One try of one channel for one reminder, with what came back. Append-only."""

    id = row_id()
    reminder = reference(Reminder)
    channel = words()  # push, stream, calendar, gateway, call
    subscription = UUID(null=True, default=None)
    at = instant()
    outcome = words()  # accepted, gone, forbidden, later, failed, timed_out, not_allowed, too_long, no_channel
    status = SmallInt(null=True, default=None)  # HTTP
    retry_at = instant(null=True)
    detail = words(null=True)


class GatewayMessage(Table, tablename="gateway_message"):
    """A message for the SMS or WeCom gateway. `state`: due, delivered, dead (waits for a person), dropped."""

    id = row_id()
    reminder = reference(Reminder)
    state = words()
    attempts = SmallInt(default=0)
    next_at = instant(null=True)
    claimed_by = UUID(null=True, default=None)
    claimed_until = instant(null=True)
    status = SmallInt(null=True, default=None)
    detail = words(null=True)
    created_at = instant()
    changed_at = instant()


class CallNote(Table, tablename="call_note"):
    """What came of a dispatcher's telephone call about a reminder. Append-only."""

    id = row_id()
    reminder = reference(Reminder)
    outcome = words()  # reached, no_answer, wrong_number, cannot_go
    note = words(null=True)
    called_by = reference(Account, index=False)
    at = instant()


class CalendarFeed(Table, tablename="calendar_feed"):
    """A private calendar address of a caregiver; only a hash of its secret is stored. At most one live one each."""

    id = row_id()
    caregiver = reference(Caregiver)
    token_sha256 = Bytea(default=None, unique=True)
    created_at = instant()
    revoked_at = instant(null=True)
    fetched_at = instant(null=True)
    fetched = Integer(default=0)


class ReminderSetting(Table, tablename="reminder_setting"):
    """What a provider or one person has chosen; null falls back to the provider's, then to the product's own."""

    id = row_id()
    subject = UUID(default=None, unique=True)  # provider, caregiver or family member
    minutes_before = Integer(null=True, default=None)
    quiet_from = Time(null=True, default=None)
    quiet_until = Time(null=True, default=None)
    changed_at = instant()
    changed_by = UUID(null=True, default=None)


class Watch(Table, tablename="watch"):
    """A family member who asked to be told what happens in an elder's visits."""

    id = row_id()
    person = UUID(default=None, index=True)
    elder = reference(Elder)
    kind = words()  # arrived, left, changed
    created_at = instant()
    ended_at = instant(null=True)
