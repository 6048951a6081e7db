"""The judge: compares the known truth with the ledger. Nothing lost, nothing doubled, every difference explained."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fleet.ledger import Ledger, Link, Standing, Stored
from fleet.phone import FleetPhone, Record
from fleet.truth import Call, Made, Truth, story
from support.phone import claims, unb64

OPEN = frozenset({"planned", "assigned", "missed"})
RUNNING = frozenset({"in_progress", "unclosed"})
NEAR = timedelta(seconds=1)  # milliseconds on the wire
SKEW = timedelta(seconds=121)  # a clock that is wrong by less than two minutes is believed
DRIFT = timedelta(seconds=3)

# What may explain that a visit does not stand as things really happened.
OF_STATE = frozenset(
    {
        *("ALREADY_IN_PROGRESS", "NOT_CHECKED_IN", "NO_PLANNED_VISIT", "ELDER_UNCLEAR", "CARERS_MISSING"),
        *("ANNUL_IMPOSSIBLE", "DEVICE_REVOKED"),
    }
)
# What may explain, for a phone with a wrong clock, that a time is not the true one, or in which order things were.
OF_TIME = frozenset({"CLOCK", "CLOCK_FAR", "TIME_UNPROVEN", "LATE_SYNC"})
# What may explain that somebody else's record moved this visit.
OF_OTHERS = frozenset({"NOT_ASSIGNED", "OUTSIDE_WINDOW", "FAR_OUTSIDE_WINDOW", "WRONG_HOUSEHOLD"})


@dataclass
class Verdict:
    """What the judge found; each line names the record or visit."""

    events: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    explained: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)  # each difference that is explained

    @property
    def clean(self) -> bool:
        """Nothing at all."""
        return not (self.lost or self.doubled or self.unexplained)


def judge(
    truth: Truth,
    ledger: Ledger,
    phones: Sequence[FleetPhone],
    signing: dict[str, Any],
    failures: Sequence[str] = (),
) -> Verdict:
    """The whole comparison. `signing`: the server's receipt keys; `failures`: answers that no phone deserved."""
    verdict = Verdict(events=len(truth.made))
    by_hash: dict[bytes, list[Stored]] = defaultdict(list)
    for row in ledger.stored:
        by_hash[row.hash].append(row)
    _count(verdict, truth, by_hash)
    _effects(verdict, ledger)
    _receipts(verdict, by_hash, phones, signing)
    _calls(verdict, truth, ledger, by_hash)
    verdict.unexplained += [f"unsound: {what}" for what in ledger.unsound]
    verdict.unexplained += [f"the server failed: {what}" for what in failures]
    return verdict


def _count(verdict: Verdict, truth: Truth, by_hash: dict[bytes, list[Stored]]) -> None:
    for made, _ in truth.made:
        rows = by_hash.get(made.hash, [])
        if not rows:
            verdict.lost.append(_name(made))
        elif len(rows) > 1:
            verdict.doubled.append(f"{_name(made)} {len(rows)} rows")
        elif rows[0].event_id != made.event_id:
            verdict.doubled.append(f"{_name(made)} stands under another id")
    known = {made.hash for made, _ in truth.made}
    verdict.doubled += [f"{row.event_id} was never made" for row in by_hash_rows(by_hash) if row.hash not in known]


def by_hash_rows(by_hash: dict[bytes, list[Stored]]) -> Iterable[Stored]:
    """All rows."""
    return (row for rows in by_hash.values() for row in rows)


def _effects(verdict: Verdict, ledger: Ledger) -> None:
    """An event does one thing to one elder's visit, a visit is opened and closed once, a finding is written once."""
    of_elder = Counter((link.event_id, link.elder) for link in ledger.links)
    verdict.doubled += [
        f"event {event} moved two visits of elder {elder}" for (event, elder), n in of_elder.items() if n > 1
    ]
    live = [link for link in ledger.links if not link.taken_back]
    opened = Counter(link.visit for link in live if link.effect in ("opened", "opened_and_closed"))
    # A joint visit is closed again when the records of the other caregiver arrive late.
    alone = {id for id, standing in ledger.visits.items() if standing.carers == 1}
    closed = Counter(link.visit for link in live if link.effect.endswith("closed") and link.visit in alone)
    verdict.doubled += [f"visit {visit} was opened {n} times" for visit, n in opened.items() if n > 1]
    verdict.doubled += [f"visit {visit} was closed {n} times" for visit, n in closed.items() if n > 1]
    found = Counter(ledger.findings)
    verdict.doubled += [f"finding {code} of event {event} twice" for (event, _, code, _), n in found.items() if n > 1]


def _receipts(
    verdict: Verdict, by_hash: dict[bytes, list[Stored]], phones: Sequence[FleetPhone], signing: dict[str, Any]
) -> None:
    keys = {key["kid"]: _public_key(key) for key in signing["keys"]}
    for phone in phones:
        verdict.lost += [f"{id} still waits on its phone" for id in phone.waiting]
        for record in phone.records.values():
            for text in record.receipts:
                if why := _wrong(text, record, phone, keys):
                    verdict.unexplained.append(f"receipt of {record.event_id}: {why}")
            stored = by_hash.get(record.hash, [])
            if record.receipts and stored and stored[0].receipt not in record.receipts:
                verdict.unexplained.append(f"receipt of {record.event_id}: the server keeps another one")
            if record.verdict and stored and stored[0].verdict != record.verdict:
                verdict.unexplained.append(f"receipt of {record.event_id}: {record.verdict}, not {stored[0].verdict}")


def _wrong(text: str, record: Record, phone: FleetPhone, keys: dict[str, ec.EllipticCurvePublicKey]) -> str | None:
    head, body, signature = text.split(".")
    key = keys.get(json.loads(unb64(head))["kid"])
    if key is None:
        return "signed with an unknown key"
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature does not verify"
    said = claims(text)
    if unb64(said["event_hash"]) != hashlib.sha256(record.text.encode()).digest():
        return "it names another hash"
    return None if said["device_id"] == phone.wire.device_id else "it names another phone"


def _public_key(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _calls(verdict: Verdict, truth: Truth, ledger: Ledger, by_hash: dict[bytes, list[Stored]]) -> None:
    links: dict[str, list[Link]] = defaultdict(list)
    for link in ledger.links:
        links[link.event_id].append(link)
    on_visit: dict[UUID, set[str]] = defaultdict(set)
    for _, visit, code, _ in ledger.findings:
        if visit is not None:
            on_visit[visit].add(code)
    owner = {made.event_id: call for made, call in truth.made}
    strangers: dict[UUID, list[str]] = defaultdict(list)
    for link in ledger.links:
        call = owner.get(link.event_id)
        if call is not None and call.visit != link.visit:
            strangers[link.visit].append(link.event_id)
    for call in _with_moved(truth.calls, links):
        rows = {made.event_id: by_hash[made.hash][0] for made in call.made if by_hash.get(made.hash)}
        why = _difference(call, ledger, links, rows)
        brackets = [_bracket(made, rows.get(made.event_id)) for made in call.made]
        verdict.unexplained += [text for text in brackets if text]
        if why is None:
            continue
        codes = {code for row in rows.values() for code in row.codes}
        reasons = codes & OF_STATE
        if any(not made.clock_right for made in call.made):
            reasons |= codes & OF_TIME
        if call.visit is not None and call.visit in strangers:
            reasons |= on_visit[call.visit] & (OF_STATE | OF_OTHERS)
        told = f"{_call_name(call)}: {why}; codes {sorted(codes)}; {_chronicle(call, links)}"
        if reasons:
            verdict.explained.update(reasons)
            verdict.notes.append(f"{sorted(reasons)} {told}")
        else:
            verdict.unexplained.append(told)


def _with_moved(calls: Iterable[Call], links: dict[str, list[Link]]) -> Iterable[Call]:
    """A call that was moved and the one in its place are one story when records of the first stand with the second."""
    together: dict[Call, Call] = {}
    for call in calls:
        place = call.moved_to
        if place is None:
            continue
        gone = place.plan is not None and place.plan.gone  # a restored backup knows only the first again
        stays, other = (call, place) if gone else (place, call)
        if any(link.visit == stays.visit for made in other.made for link in links[made.event_id]):
            together[call] = together[place] = replace(stays, made=[*call.made, *place.made])
    seen: set[int] = set()
    for call in calls:
        told = together.get(call, call)
        if id(told) not in seen:
            seen.add(id(told))
            yield told


def _difference(call: Call, ledger: Ledger, links: dict[str, list[Link]], rows: dict[str, Stored]) -> str | None:
    """How the visit stands otherwise than things happened; None when it agrees."""
    accepted = [made for made in call.made if made.event_id in rows and not rows[made.event_id].refused]
    ids = {link.visit for made in accepted for link in links[made.event_id]}
    home = _home_visit(call, ids)
    if any(made.kind != "annul" and not links[made.event_id] for made in accepted):
        return "a record belongs to no visit"
    if ids - {home}:
        return f"records went to other visits {sorted(map(str, ids - {home}))}"
    standing = ledger.visits.get(home) if home else None
    return _compare(call, standing)


def _home_visit(call: Call, ids: set[UUID]) -> UUID | None:
    """Where the records belong: the planned visit, or the walk-in's own."""
    if call.visit is None:
        return next(iter(sorted(ids)), None)
    return call.visit


def _compare(call: Call, standing: Standing | None) -> str | None:
    happened = story(call)
    if standing is None:
        gone = call.plan is None or call.plan.gone
        return None if happened.state == "open" and gone else f"{happened.state}, and there is no visit"
    if happened.state == "open":
        allowed = set(OPEN)
        if call.suspended or call.visit is None or (call.plan and call.plan.cancelled):
            allowed.add("cancelled")
        return None if standing.op_state in allowed else f"nobody came, and it is {standing.op_state}"
    expected = RUNNING if happened.state == "running" else {happened.state}
    if standing.op_state not in expected:
        return f"{happened.state}, and it is {standing.op_state}"
    for what, true, said in (
        ("started", happened.started, standing.started_at),
        ("ended", happened.ended, standing.ended_at),
    ):
        near = NEAR if all(made.clock_right for made in call.made) else SKEW
        if not _same(true, said, near):
            return f"{what} {true}, and it says {said}"
    return None


def _same(true: datetime | None, said: datetime | None, near: timedelta) -> bool:
    return true is said is None or (true is not None and said is not None and abs(true - said) <= near)


def _bracket(made: Made, row: Stored | None) -> str | None:
    """The true time lies between what is proven and the arrival, however wrong the phone's clock is."""
    if row is None or row.refused:
        return None
    if made.at > row.received_at + NEAR or (row.earliest_at is not None and made.at < row.earliest_at - DRIFT):
        return f"{_name(made)} happened {made.at}, outside [{row.earliest_at}, {row.received_at}]"
    return None


def _name(made: Made) -> str:
    return f"{made.kind} {made.event_id} (phone {made.device[:8]}, {made.seq})"


def _call_name(call: Call) -> str:
    return f"{'visit' if call.visit else 'walk-in'} {call.visit or call.elder} {call.start:%m-%d %H:%M}"


def _chronicle(call: Call, links: dict[str, list[Link]]) -> str:
    told = (
        f"{made.at:%d %H:%M:%S} {made.kind} by {str(made.carer)[:4]} on {made.device[:4]}/{made.seq}"
        f" -> {','.join(f'{link.effect}@{str(link.visit)[:4]}' for link in links[made.event_id]) or '-'}"
        for made in call.made
    )
    return " | ".join(told)
