"""What a phone carries for the days ahead, told as changes: the cursor holds short hashes of what the phone knows.

Nothing is remembered about a phone here. Whatever changed (an address, a card, a plan, a colleague), the day's content
hashes otherwise and the whole day is sent; a cursor that is broken or another phone's matches nothing.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from sys import intern
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins import store
from doorstep.checkins.door_wire import (
    CareOffice,
    DoorCall,
    DoorCarer,
    DoorCatalogue,
    DoorDayOfCalls,
    DoorEvent,
    DoorFacts,
    DoorSync,
    HeldCertificate,
)
from doorstep.checkins.facts import VisitFacts
from doorstep.checkins.wire import Heard
from doorstep.core import anchors, clock, jws, tokens, vault
from doorstep.core.problems import NotSignedIn
from doorstep.db import epoch
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Named
from doorstep.plans import catalogue
from doorstep.visits import service as visits

DAYS_BEHIND, DAYS_AHEAD = 1, 7  # yesterday: what still runs, and what has become of the rest
_DAYS = DAYS_BEHIND + 1 + DAYS_AHEAD
_HASH_BYTES = 6
_SECTIONS = ("carer", "catalogue", "month_used")
_COUNTED = ("in_progress", "completed", "unclosed")

_OWN = """
SELECT ev.visit, e.id, e.kind, e.at, e.verdict, e.codes, e.annuls, a.id IS NOT NULL AS annulled
FROM unnest($2::uuid[]) AS w (visit)
CROSS JOIN LATERAL (SELECT DISTINCT l.visit, l.event FROM event_visit l WHERE l.visit = w.visit OFFSET 0) ev
CROSS JOIN LATERAL (SELECT c.* FROM check_event c WHERE c.id = ev.event AND c.caregiver = $1 OFFSET 0) e
LEFT JOIN LATERAL (SELECT t.id FROM check_event t WHERE t.annuls = e.id OFFSET 0) a ON true
ORDER BY e.seq, e.id
"""

_WHO = """
SELECT c.name AS caregiver, c.employed_from, c.employed_to, p.id AS provider, p.name, p.contact_phone, d.last_seq,
  (SELECT json_agg(json_build_object('kind', q.kind, 'since', q.valid_from, 'until', q.valid_until)
     ORDER BY q.kind, q.valid_until, q.id)
   FROM qualification q WHERE q.caregiver = c.id)::text AS held
FROM device d JOIN caregiver c ON c.id = d.caregiver JOIN provider p ON p.id = c.provider WHERE d.id = $1
"""

_encode = msgspec.json.Encoder(order="deterministic").encode
_held = msgspec.json.Decoder(list[HeldCertificate])


class _Kept(msgspec.Struct, frozen=True):
    """What a cursor says that the phone knows: hashes of days and sections."""

    days: dict[date, bytes]
    sections: dict[str, bytes]


async def changed(actor: Actor, cursor: str | None, *, emergency_numbers: Sequence[str]) -> DoorSync:
    """What the caregiver's phone does not know yet of yesterday, today and the seven days ahead.

    :raises NotSignedIn: if the actor is no phone.
    """
    if actor.caregiver_id is None or actor.device_id is None:
        raise NotSignedIn
    # Before anything is read: what was recorded from here on may not be in the list.
    now, today = clock.now(), clock.today()
    first, last = today - timedelta(days=DAYS_BEHIND), today + timedelta(days=DAYS_AHEAD)
    who = (await fetch(_WHO, actor.device_id))[0]
    calls = await visits.calls_of_caregiver(actor, first, last)
    ids = [call.visit.id for call in calls]
    facts = await store.dated(ids)
    events = await _own_events(actor.caregiver_id, ids)
    days: dict[date, list[tuple[DoorCall, bytes | None]]] = {first + timedelta(days=n): [] for n in range(_DAYS)}
    month_used: dict[str, int] = {}
    for call in calls:
        known = facts.get(call.visit.id)
        if known is None:  # gone since: the next contact says so
            continue
        said = _facts(known, actor.caregiver_id)
        if said.month:
            month_used[said.month] = known.month_used + _counts(known)
        plain = {name: getattr(call.visit, name) for name in call.visit.__struct_fields__}
        days[call.day].append((DoorCall(**plain, events=events.get(call.visit.id, []), facts=said), call.token_sha256))
    sections: dict[str, Any] = {
        "carer": DoorCarer(
            employed_from=who["employed_from"],
            employed_to=who["employed_to"],
            held=_held.decode(who["held"]) if who["held"] else [],
        ),
        "catalogue": _whole_catalogue(),
        "month_used": month_used,
    }
    kept = _read(cursor)
    fresh = _Kept(
        days={day: _hash(actor.device_id, day.isoformat(), content) for day, content in days.items()},
        sections={name: _hash(actor.device_id, name, content) for name, content in sections.items()},
    )
    salts: dict[UUID, bytes] = {}
    return DoorSync(
        epoch=epoch.current().id,
        server_time=now,
        anchor=anchors.issue(actor.device_id),
        heard=Heard(seq=who["last_seq"] or None),
        cursor=_write(fresh),
        first_day=first,
        last_day=last,
        days=[
            DoorDayOfCalls(day=day, visits=[_with_card(*one, salts) for one in content])
            for day, content in days.items()
            if kept.days.get(day) != fresh.days[day]
        ],
        caregiver=Named(id=actor.caregiver_id, name=who["caregiver"]),
        provider=_care_office(who),
        emergency_numbers=list(emergency_numbers),
        **{
            name: content if kept.sections.get(name) != fresh.sections[name] else None
            for name, content in sections.items()
        },
    )


async def _own_events(caregiver: UUID, ids: Sequence[UUID]) -> dict[UUID, list[DoorEvent]]:
    """What the caregiver has recorded of these visits, in the order of the phone's chain."""
    events: dict[UUID, list[DoorEvent]] = {}
    for row in await fetch(_OWN, caregiver, ids):
        values = {name: row[name] for name in ("kind", "at", "verdict", "codes", "annuls", "annulled")}
        events.setdefault(row["visit"], []).append(DoorEvent(event_id=row["id"], **values))
    return events


def _care_office(who: asyncpg.Record) -> CareOffice:
    """The caregiver's provider, with its number."""
    phone = who["contact_phone"]
    return CareOffice(
        id=who["provider"],
        name=who["name"],
        phone=vault.current().open(phone, "provider.contact_phone") if phone else None,
    )


def _whole_catalogue() -> DoorCatalogue:
    """All of it: what is at the door today may not be what is there tomorrow."""
    return DoorCatalogue(
        tasks={code: list(content.tasks) for code, content in catalogue.CONTENTS.items() if content.tasks},
        procedures={one.acknowledgement: one for one in catalogue.procedures()},
        certificates={
            type: [sorted(kinds) for kinds in catalogue.needed_certificates(type)] for type in catalogue.SERVICE_TYPES
        },
    )


def _facts(visit: VisitFacts, caregiver: UUID) -> DoorFacts:
    types = visit.contracted_types
    return DoorFacts(
        assigned=caregiver in visit.assigned,
        walk_in=visit.walk_in,
        item_in_plan=visit.item_in_plan,
        plan_state=intern(visit.plan_state) if visit.plan_state else None,  # defaults are known by identity
        max_per_month=visit.max_per_month,
        month=_month(visit) if visit.max_per_month is not None else None,
        agreement=visit.agreement,
        contracted=None if types is None else visit.service_type in types,
        in_area=visit.in_area,
        standing=intern(visit.standing or "active"),
        licence_ok=visit.licence_until is None or visit.service_day <= visit.licence_until,
        elder_statuses=sorted(visit.elder_statuses),
        point=visit.point,
    )


def _month(visit: VisitFacts) -> str:
    """A short name for what the plan counts by the month; it says nothing of the elder."""
    of = (visit.elder, visit.provider, visit.service_type, visit.item_content, visit.service_day.strftime("%Y-%m"))
    return jws.b64(_mac(_encode(of)))


def _counts(visit: VisitFacts) -> bool:
    """Whether the visit is among those that its month counts; `month_used` of the others contains it."""
    begun = visit.started_at is not None and visit.op_state in _COUNTED
    return begun and visit.content == visit.item_content


def _with_card(call: DoorCall, token_sha256: bytes | None, salts: dict[UUID, bytes]) -> DoorCall:
    """A new salt for each answer and home: hashes of two answers cannot be compared, and say nothing of the token."""
    if token_sha256 is None:
        return call
    salt = salts.setdefault(call.household.id, os.urandom(16))
    home = msgspec.structs.replace(
        call.household, code_salt=jws.b64(salt), code_hash=tokens.salted_hash(salt, token_sha256)
    )
    return msgspec.structs.replace(call, household=home)


def _hash(device: UUID, what: str, content: Any) -> bytes:
    """Keyed, and of this phone: nobody reads a day out of a cursor, and another phone's cursor knows nothing."""
    return _mac(_encode((device, what, content)))


def _mac(data: bytes) -> bytes:
    return hmac.digest(_key(vault.current()), data, "sha256")[:_HASH_BYTES]


@lru_cache(maxsize=2)
def _key(of: vault.Vault) -> bytes:
    return of.derive("door.cursor")


def _write(kept: _Kept) -> str:
    first = min(kept.days).toordinal().to_bytes(3, "big")
    return jws.b64(first + b"".join([*kept.days.values(), *(kept.sections[name] for name in _SECTIONS)]))


def _read(cursor: str | None) -> _Kept:
    nothing = _Kept({}, {})
    try:
        raw = base64.b64decode((cursor or "").encode("ascii") + b"==", altchars=b"-_", validate=False)
    except (ValueError, binascii.Error):
        return nothing
    if len(raw) != 3 + _HASH_BYTES * (_DAYS + len(_SECTIONS)):
        return nothing
    hashes = [raw[at : at + _HASH_BYTES] for at in range(3, len(raw), _HASH_BYTES)]
    try:
        first = date.fromordinal(int.from_bytes(raw[:3], "big"))
        days = {first + timedelta(days=n): known for n, known in enumerate(hashes[:_DAYS])}
    except (ValueError, OverflowError):
        return nothing
    return _Kept(days, dict(zip(_SECTIONS, hashes[_DAYS:], strict=True)))
