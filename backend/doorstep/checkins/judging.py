"""One pass over events: of one phone, of a phone's whole day, or of many phones gathered in the same moment.

Signature, phone, chain and idempotency; a few set-based reads; `rules` decides; one set-based write; receipts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins import attendance, presence, reading, resolve, rules, store, verdicts, writing
from doorstep.checkins.answers import Answer, Answers
from doorstep.checkins.facts import Flag, Link, Phone, Seen, VisitFacts
from doorstep.checkins.reading import Read, Unread
from doorstep.checkins.wire import Kind, TouchedVisit
from doorstep.core import jws, problems, tokens, vault
from doorstep.core.ids import uuid7
from doorstep.db.changes import NewChange
from doorstep.plans import catalogue

# Visits of the same caregiver that may run into this one: none lasts longer, and later ones may be stored already.
_BEFORE, _AFTER = timedelta(hours=13), timedelta(hours=2)
_encode = msgspec.json.Encoder().encode


class Pass:
    """The state of one pass."""

    def __init__(self, now: datetime, submissions: Sequence[Sequence[str]]) -> None:
        self.now = now
        self.answers = Answers(now, submissions)
        self.phones: dict[UUID, Phone] = {}
        self.events: list[Seen] = []
        self.visits: dict[UUID, VisitFacts] = {}
        self.taken_back: set[UUID | None] = set()  # events annulled by this pass
        self._before: list[asyncpg.Record] = []  # what is stored of these events and of their places
        self._rows: list[dict[str, object]] = []
        self._links: list[tuple[UUID, UUID, UUID, str, str]] = []
        self._findings: list[tuple[UUID, str, str, UUID, UUID | None, str, datetime]] = []

    async def read(self, db: asyncpg.Connection) -> None:
        """Fills `events` with what is genuine and new; everything else is answered already."""
        hashes = self.answers.hashes
        readings = [reading.read(text) for text in self.answers.texts]
        genuine = [one for one in readings if isinstance(one, Read)]
        self.phones = await store.phones(db, {one.device for one in genuine} | _claimed(readings))
        self.answers.of_phones(self.phones)
        self._before = await store.known(
            db,
            ids={one.payload.event_id for one in genuine},
            digests=hashes,
            places={(one.device, one.payload.seq - back) for one in genuine for back in (0, 1)},
            before={jws.unb64(one.payload.prev) for one in genuine if one.payload.prev},
        )
        self.answers.repeat(readings, self._before)
        taken: set[UUID] = {row["id"] for row in self._before if row["what"] == "accepted"}
        texts: set[bytes] = set()
        for index, one in enumerate(readings):
            if index in self.answers or hashes[index] in texts:
                continue
            texts.add(hashes[index])
            if isinstance(one, Unread):
                self.answers.refuse(index, one.code, one.detail, event_id=one.event_id, device=one.device)
            elif one.payload.event_id in taken:
                self._refuse(index, one, "EVENT_ID_REUSED")
            elif self._admit(index, one):
                taken.add(one.payload.event_id)
        # A phone's events are judged in the order in which it made them, whatever the order of the request.
        self.events.sort(key=lambda event: (event.phone.id.int, event.payload.seq, event.index))

    def _admit(self, index: int, one: Read) -> bool:
        """Whether the event is genuine; only then does it own its id in this request."""
        payload, phone = one.payload, self.phones.get(one.device)
        if phone is None or not jws.verified(one.parsed, phone.public_key):
            self._refuse(index, one, "NOT_AUTHENTICATED", "signature" if phone else "device")
            return False
        try:
            token = reading.token_hash(payload.token)
            short = payload.short_code and tokens.parse_short_code(payload.short_code)
        except tokens.TokenMalformed:
            self._refuse(index, one, "TOKEN_MALFORMED")
            return False
        anchor_at, anchor_bad = reading.anchor_time(payload, phone.id)
        event = Seen(
            index=index,
            text=self.answers.texts[index],
            hash=self.answers.hashes[index],
            payload=payload,
            phone=phone,
            received_at=self.now,
            anchor_at=anchor_at,
            timing=presence.timing(payload, self.now, anchor_at, anchor_bad=anchor_bad),
            token_sha256=token,
            short_code_fingerprint=vault.current().fingerprint(short, "household_code.short_code") if short else None,
        )
        if phone.revoked_at is not None and event.timing.at >= phone.revoked_at:
            self._refuse(index, one, "DEVICE_REVOKED")
            return False
        self.events.append(event)
        return True

    def _refuse(self, index: int, one: Read, code: str, detail: str = "") -> None:
        self.answers.refuse(index, code, detail, event_id=one.payload.event_id, device=one.device)

    async def judge(self, db: asyncpg.Connection) -> None:
        """Loads what the rules need, then decides event by event; visits move on in memory."""
        if not self.events:
            return
        self._mark_chain()
        by_token, by_short, homes = await store.codes(
            db,
            {event.token_sha256 for event in self.events if event.token_sha256},
            {event.short_code_fingerprint for event in self.events if event.short_code_fingerprint},
        )
        for event in self.events:
            # A scanned token is not vouched for by a typed code beside it.
            if event.token_sha256 is not None:
                event.code = by_token.get(event.token_sha256)
            else:
                event.code = by_short.get(event.short_code_fingerprint or b"")
        resolver = await resolve.load(db, self.events, homes)
        self.visits = resolver.visits
        times = [event.timing.at for event in self.events]
        busy = await store.intervals(
            db, {event.phone.caregiver for event in self.events}, min(times) - _BEFORE, max(times) + _AFTER
        )
        for event in self.events:
            who = event.phone.caregiver
            if event.kind is Kind.ANNUL:
                touched = self._annul(event, busy[who])
            else:
                touched = await resolver.choose(db, event, self.now)
                for visit in touched:
                    _of_catalogue(visit)
                home = touched[0].household if touched else event.code.household if event.code else None
                event.home = resolver.homes.get(home) if home else None
                judgement = rules.judge(event, touched, busy[who])
                self._keep(event, verdicts.compared(event, judgement, touched))
            busy[who] = rules.after(busy[who], who, touched)

    def _mark_chain(self) -> None:
        """Finds each event's predecessor: in this pass, stored, or refused; and who else claims its place."""
        at_place: dict[tuple[UUID, int], set[bytes]] = {}
        digests = {row["hash"] for row in self._before}
        for row in self._before:
            if row["what"] == "place":
                at_place.setdefault((row["device"], row["seq"]), set()).add(row["hash"])
        here = {digest: None for digest in self.answers.hashes}
        for event in self.events:
            place = (event.phone.id, event.payload.seq)
            event.fork = bool(at_place.get(place, set()) - {event.hash})
            at_place.setdefault(place, set()).add(event.hash)
            prev = jws.unb64(event.payload.prev) if event.payload.prev else None
            event.predecessor_known = event.payload.seq == 1 if prev is None else prev in digests or prev in here
            others = at_place.get((event.phone.id, event.payload.seq - 1), set())
            if prev is not None and others and prev not in others and not event.predecessor_known:
                event.fork = True

    def _annul(self, event: Seen, times: rules.Times) -> list[VisitFacts]:
        """Takes back what the phone's own record did, or refuses to. The visits that moved."""
        timing = event.timing
        # An annulment is believed to be as old as it says only where the monotonic clock proves it.
        proven = timing.earliest is not None and event.payload.elapsed_ms is not None
        at = timing.at if proven else event.received_at
        event.target = event.target or self._just_now(event)
        why = None if event.target else "not a record of this phone"
        if event.payload.annuls in self.taken_back:
            why = "taken back already"
        if event.phone.revoked_at is not None:
            why = "the phone was revoked"
        for id, link in event.target:
            why = why or attendance.cannot_annul(at, link, self.visits[id])
        if why:
            self.answers.refuse(
                event.index, "ANNUL_IMPOSSIBLE", why, event_id=event.payload.event_id, device=event.phone.id
            )
            return []
        for id, link in event.target:
            second = attendance.annul(link, self.visits[id])
            if second is not None:
                self._take_place(event, second, self.visits[id], times)
            elif link.effect == "opened":
                self._count_month(self.visits[id], -1)
        done = tuple(rules.Effect(id, "annulled", ()) for id, _ in event.target)
        self.taken_back.add(event.payload.annuls)
        loose = presence.chain(event)[1]
        self._keep(event, rules.Judgement(at, timing.earliest, "A", None, None, done, loose))
        return [self.visits[id] for id, _ in event.target]

    def _take_place(self, undo: Seen, arrival: Link, visit: VisitFacts, times: rules.Times) -> None:
        """A check-in that found the visit in progress begins it, with the findings that a first one has."""
        held = self._find(rules.takes_place(undo, arrival, visit, times), arrival.event, visit.id)
        arrival = msgspec.structs.replace(arrival, holds=(*arrival.holds, *held))
        attendance.put(arrival, visit)
        self._links.append((uuid7(), arrival.event, visit.id, arrival.effect, " ".join(arrival.holds)))

    def _find(self, flags: Sequence[Flag], event: UUID, visit: UUID | None) -> tuple[str, ...]:
        """Prepares the rows of these findings. The codes of those that hold."""
        severities = problems.codes().findings
        for flag in flags:
            severity, data = severities[flag.code].severity, _encode(flag.data).decode()
            self._findings.append((uuid7(), flag.code, severity, event, visit, data, self.now))
        return tuple(flag.code for flag in flags if severities[flag.code].severity == "hold")

    def _count_month(self, visit: VisitFacts, by: int) -> None:
        """The month's number that the visits still to be judged in this pass will see."""
        for other in self.visits.values():
            if other is not visit and _month(other) == _month(visit):
                other.month_used += by

    def _just_now(self, event: Seen) -> list[tuple[UUID, Link]]:
        """What an event of this very pass did, if it is the one to be annulled and of the same phone."""
        mine = {one.payload.event_id for one in self.events if one.phone.id == event.phone.id}
        if event.payload.annuls not in mine:
            return []
        found = {
            visit: link
            for _, origin, visit, *_ in self._links
            if origin == event.payload.annuls
            for link in self.visits[visit].links
            if link.event == origin
        }
        return list(found.items())

    def _keep(self, event: Seen, judgement: rules.Judgement) -> None:
        """Counts holds, moves the other axes, answers and prepares the rows."""
        payload, phone = event.payload, event.phone
        touched = []
        for effect in judgement.effects:
            visit = self.visits[effect.visit]
            holds = self._find(effect.flags, payload.event_id, visit.id)
            if event.kind is not Kind.ANNUL:
                visit.links[-1] = msgspec.structs.replace(visit.links[-1], holds=holds)
            if effect.effect in ("opened", "opened_and_closed"):
                self._count_month(visit, +1)
            attendance.conclude(visit)
            self._links.append((uuid7(), payload.event_id, visit.id, effect.effect, " ".join(holds)))
            touched.append(
                TouchedVisit(visit_id=visit.id, elder_id=visit.elder, op_state=visit.op_state, grade=visit.grade)
            )
        self._find(judgement.loose, payload.event_id, None)
        answer = self.answers.accept(event, judgement.codes, touched)
        if payload.seq > phone.last_seq:
            phone.last_seq, phone.last_hash = payload.seq, event.hash
        self._rows.append(writing.event_row(event, judgement, answer))

    def all_answers(self) -> Iterator[Answer]:
        """In the order of the texts."""
        return self.answers.in_order(holes={event.phone.id for event in self.events if not event.predecessor_known})

    async def write(self, db: asyncpg.Connection) -> None:
        """Events, links, findings, visits, chain heads, changes, refusals."""
        refused = self.answers.finish()
        if self._rows:
            changed = sorted((visit for visit in self.visits.values() if visit.changed), key=lambda visit: visit.id)
            await writing.write(
                db,
                events=self._rows,
                links=self._links,
                findings=self._findings,
                visits=changed,
                phones={event.phone.id: event.phone for event in self.events}.values(),
                changes=[_change(visit) for visit in changed],
                now=self.now,
            )
        await writing.insert_refused(db, refused)


def _claimed(readings: Iterable[Read | Unread]) -> set[UUID]:
    return {one.device for one in readings if isinstance(one, Unread) and one.device is not None}


def _of_catalogue(visit: VisitFacts) -> None:
    """What the kind of service asks for."""
    procedure = catalogue.safety_procedure(visit.service_type, visit.content)
    visit.safety_procedure = procedure.id if procedure else None
    if visit.service_type in catalogue.SERVICE_TYPES:  # a walk-in may not have said what it was
        visit.needed_qualifications = catalogue.needed_certificates(visit.service_type)


def _month(visit: VisitFacts) -> tuple[object, ...]:
    day = visit.service_day
    return visit.elder, visit.provider, visit.service_type, visit.content, day.year, day.month


def _change(visit: VisitFacts) -> NewChange:
    data = {"op_state": visit.op_state, "verify_state": visit.verify_state, "holds": visit.holds}
    if visit.elder_statuses & (rules.ABSENT_STATUSES | {"deceased"}):
        data["alert"] = True
    return NewChange(kind="visit.checked", subject=visit.id, data=data, provider=visit.provider, area=visit.area)
