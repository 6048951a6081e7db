"""The life of push subscriptions: stored when they may be called and can be encrypted for, tested, proven, ended."""

import base64
import binascii
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotSignedIn, Problem
from doorstep.core.vault import SealBroken
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import Actor
from doorstep.reminders import endpoints, gateway, planning, push_answers, push_store, vapid
from doorstep.reminders.ports import Sent, Target
from doorstep.reminders.rules import Wanted
from doorstep.reminders.wire import Audience, PushMark
from doorstep.reminders.wire_push import NewSubscription, PushState, SubscriptionState
from doorstep.settings import Settings

log = logging.getLogger("doorstep")

ENDPOINT, AUTH = "push_subscription.endpoint", "push_subscription.auth"
TEST_LIFE = timedelta(minutes=10)
MOST = 10
"""Browsers of one account."""


class PushServiceNotAllowed(Problem):
    """The browser's push service is not one that this server calls."""

    code = "PUSH_SERVICE_NOT_ALLOWED"


class PushKeysInvalid(Problem):
    """The browser's keys are not a P-256 point and 16 bytes: nothing could be encrypted for it."""

    code = "PUSH_KEYS_INVALID"


class PushOff(Problem):
    """The server's own key is gone while browsers hang on it; `doorstep doctor` says what to do."""

    code = "PUSH_OFF"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose browser it is, and by which session it speaks. `single`: a person has only one such device."""

    audience: Audience
    person: UUID
    session: UUID | None
    provider: UUID | None = None
    single: bool = False


def owner_of(actor: Actor) -> Owner:
    """The caregiver behind a phone, or the account behind an office's browser."""
    if actor.caregiver_id is not None and actor.account_id is None:
        return Owner(
            audience="caregiver",
            person=actor.caregiver_id,
            session=actor.session_id,
            provider=actor.provider_id,
            single=True,
        )
    if actor.account_id is None:
        raise NotSignedIn
    return Owner(audience="dispatcher", person=actor.account_id, session=actor.session_id, provider=actor.provider_id)


async def state(actor: Actor, settings: Settings, owner: Owner | None = None) -> PushState:
    """What the device needs to subscribe, and where its subscription stands."""
    who = owner or owner_of(actor)
    key = await vapid.current(settings)
    row = await push_store.newest(who.person, None if who.single else who.session)
    list_ = endpoints.allowed(settings.push_hosts)
    return PushState(
        key=key.public if key else None,
        hosts_allowed=[*list_.names, *sorted(host for _, host, _ in list_.origins)],
        subscription=row
        if row is None
        else SubscriptionState(
            state="key_changed" if _of_other_key(row["state"], row["key_id"], key) else row["state"],
            created_at=row["created_at"],
            proven_at=row["proven_at"],
            accepted_at=row["accepted_at"],
        ),
    )


def _of_other_key(state: str, key_id: str, key: vapid.Key | None) -> bool:
    return state in push_answers.LIVE and (key is None or key.id != key_id)


async def put(actor: Actor, new: NewSubscription, settings: Settings, owner: Owner | None = None) -> PushState:
    """Stores the subscription of this device and plans a message to test it; one that works is left as it is.

    :raises PushServiceNotAllowed: if its push service is none that is called, or its name leads inside.
    :raises PushKeysInvalid: if nothing can be encrypted for it.
    :raises PushOff: if the server has no key to sign with.
    """
    who = owner or owner_of(actor)
    endpoint = endpoints.checked(new.endpoint, settings.push_hosts)
    if endpoint is None or await gateway.leads_inside(endpoint):
        raise PushServiceNotAllowed
    p256dh, auth = _keys(new)
    key = await vapid.current(settings)
    if key is None:
        raise PushOff
    safe = vault.current()
    fingerprint = safe.fingerprint(endpoint.url, ENDPOINT)
    async with unit_of_work():
        known = await push_store.by_fingerprint(fingerprint)
        if known is not None and _same(known, who, p256dh, auth, key):
            id = known["id"]
            await push_store.move_session(id, who.session)
        else:
            id = await push_store.put(
                id=uuid7(),
                audience=who.audience,
                person=who.person,
                session=who.session,
                endpoint=safe.seal(endpoint.url, ENDPOINT),
                fingerprint=fingerprint,
                host=endpoint.host,
                p256dh=p256dh,
                auth=safe.seal_bytes(auth, AUTH),
                key_id=key.id,
            )
            await planning.remind(actor, [_test(who, id)])
        await push_store.end(who.person, session=None if who.single else who.session, reason="replaced", but=id)
        await push_store.end_surplus(who.person, MOST)
    return await state(actor, settings, who)


def _same(known: asyncpg.Record, who: Owner, p256dh: bytes, auth: bytes, key: vapid.Key) -> bool:
    return (
        known["state"] in ("working", "resting")
        and known["proven_at"] is not None
        and (known["person"], known["p256dh"], known["key_id"]) == (who.person, p256dh, key.id)
        and vault.current().open_bytes(known["auth"], AUTH) == auth
    )


def _test(who: Owner, subscription: UUID) -> Wanted:
    now = clock.now()
    return Wanted(
        kind="test",
        audience=who.audience,
        person=who.person,
        provider=who.provider,
        visit=None,
        about=str(subscription),
        occasion=now,
        due_at=now,
        useless_at=now + TEST_LIFE,
    )


def _keys(new: NewSubscription) -> tuple[bytes, bytes]:
    try:
        p256dh, auth = (
            base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
            for text in (new.p256dh, new.auth)
        )
        if len(p256dh) != 65 or len(auth) != 16:
            raise PushKeysInvalid
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except (ValueError, binascii.Error) as error:
        raise PushKeysInvalid from error
    return p256dh, auth


async def remove(actor: Actor, owner: Owner | None = None) -> None:
    """Ends the subscription of this device."""
    who = owner or owner_of(actor)
    async with unit_of_work():
        await push_store.end(who.person, session=None if who.single else who.session, reason="removed")


async def targets(actor: Actor, persons: Collection[UUID], key: vapid.Key | None) -> dict[UUID, list[Target]]:
    """Subscriptions in use of these persons; of a provider those of its dispatchers and managers."""
    safe = vault.current()
    found: dict[UUID, list[Target]] = defaultdict(list)
    for row in await push_store.targets(actor, persons):
        if key is None or row["key_id"] != key.id:
            continue
        try:
            endpoint, auth = safe.open(row["endpoint"], ENDPOINT), safe.open_bytes(row["auth"], AUTH)
        except SealBroken:
            # One that nobody can open must not keep the others of its batch waiting.
            log.error("push subscription %s is sealed with another key", row["id"])
            continue
        found[row["asked"]].append(
            Target(
                id=row["id"],
                person=row["person"],
                endpoint=endpoint,
                host=row["host"],
                p256dh=row["p256dh"],
                auth=auth,
                key_id=row["key_id"],
                failures=row["failures"],
                rests_until=row["retry_at"] if row["state"] == "resting" else None,
            )
        )
    return dict(found)


async def record(actor: Actor, results: Sequence[Sent]) -> None:
    """What answers mean for the subscriptions, inside the current unit of work; one read and one write."""
    now = clock.now()
    before = {
        row["id"]: push_answers.Standing(**{name: row[name] for name in push_answers.Standing.__struct_fields__})
        for row in await push_store.standing(actor, sorted({result.subscription_id for result in results}))
    }
    after = dict(before)
    for result in results:
        if result.subscription_id in after:
            after[result.subscription_id] = push_answers.after(after[result.subscription_id], result, now)
    await push_store.stand(
        actor,
        [
            (
                *(id, one.state, one.forbidden, one.failures),
                *(one.retry_at, one.accepted_at, one.ended_at, one.ended_reason),
            )
            for id, one in after.items()
            if one != before[id]
        ],
    )


async def prove(actor: Actor, reminders: Collection[UUID]) -> None:
    """The service worker of this session has shown or answered these: its push works. In the current unit of work."""
    if reminders and actor.session_id is not None:
        await push_store.prove(actor, reminders, clock.now())


class Mark(msgspec.Struct, frozen=True):
    """How far push can be counted on for a person, and when it last proved so."""

    push: PushMark = "none"
    proven_at: datetime | None = None


async def marks(actor: Actor, persons: Collection[UUID], settings: Settings) -> dict[UUID, Mark]:
    """One for each person: their best subscription counts. The caller has read these ids within the scope."""
    key = await vapid.current(settings)
    found: dict[UUID, Mark] = {person: Mark() for person in persons}
    for row in await push_store.marks(actor, persons):
        shown = _mark(row, key)
        old = found[row["person"]]
        proven = max(filter(None, (old.proven_at, row["proven_at"])), default=None)
        found[row["person"]] = Mark(max(old.push, shown, key=_WORTH.index), proven)
    return found


_WORTH: list[PushMark] = ["none", "key_changed", "disabled", "resting", "untested", "working"]


def _mark(row: asyncpg.Record, key: vapid.Key | None) -> PushMark:
    state: Literal["untested", "working", "resting", "disabled", "gone"] = row["state"]
    if state == "gone" or not row["may"]:
        return "key_changed" if state == "gone" and row["ended_reason"] == "key" else "none"
    return "key_changed" if _of_other_key(state, row["key_id"], key) else state


async def new_key(actor: Actor, settings: Settings) -> int:
    """A new VAPID key when the old one is lost for good; answers how many browsers have to subscribe anew."""
    del actor
    key = vapid.replace(settings)
    async with unit_of_work():
        return await push_store.end_of_other_keys(key.id)
