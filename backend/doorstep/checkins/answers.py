"""What the texts of a pass are answered with: each has one signed receipt, for ever; refused ones are kept, too."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from doorstep.checkins.facts import Phone, Seen
from doorstep.checkins.reading import Read, Unread
from doorstep.checkins.wire import (
    MAX_EVENT_CHARACTERS,
    RECEIPT_TYPE,
    EventAnswer,
    ReceiptPayload,
    TouchedVisit,
    Verdict,
)
from doorstep.core import jws, problems
from doorstep.core.ids import uuid7


class Answer(msgspec.Struct, frozen=True):
    """What one text is answered with; `device` None if the phone is not known, `heard` is of that phone."""

    wire: EventAnswer
    device: UUID | None
    heard: int = 0


class Answers:
    """The answers of one pass, by the place of their texts."""

    def __init__(self, now: datetime, submissions: Sequence[Sequence[str]]) -> None:
        self.texts = [text for texts in submissions for text in texts]
        self.hashes = [jws.sha256(text) for text in self.texts]
        self._now = now
        self._submission = [number for number, texts in enumerate(submissions) for _ in texts]
        self._given: dict[int, Answer] = {}
        self._refused: dict[int, tuple[object, ...]] = {}
        self._phones: Mapping[UUID, Phone] = {}
        self._heard: dict[UUID, int] = {}

    def of_phones(self, phones: Mapping[UUID, Phone]) -> None:
        """The phones that are known, as they stand before the pass moves them on."""
        self._phones = phones
        self._heard = {id: phone.last_seq for id, phone in phones.items()}

    def __contains__(self, index: int) -> bool:
        return index in self._given

    def repeat(self, readings: Sequence[Read | Unread], stored: Iterable[asyncpg.Record]) -> None:
        """What was answered once is answered the same again."""
        by_hash = {row["hash"]: row for row in stored if row["what"] in ("accepted", "refused")}
        for index, one in enumerate(readings):
            row = by_hash.get(self.hashes[index])
            if row is not None:
                wire = EventAnswer(
                    event_id=row["id"], verdict=row["verdict"], codes=row["codes"], receipt=row["receipt"]
                )
                self._given[index] = Answer(wire, self._known(one.device))

    def accept(self, event: Seen, codes: list[str], visits: list[TouchedVisit]) -> EventAnswer:
        """The event is kept; so says its receipt, with what was found and where its visits stand."""
        severities = problems.codes().findings
        clean = all(severities[code].severity == "info" for code in codes)
        verdict = "accepted" if clean else "accepted_with_findings"
        return self._give(
            event.index, verdict, codes, event_id=event.payload.event_id, device=event.phone.id, visits=visits
        )

    def refuse(self, index: int, code: str, detail: str = "", *, event_id: UUID | None, device: UUID | None) -> None:
        """The text is no event; it is kept beside the events with the reason."""
        wire = self._give(index, "refused", [code], event_id=event_id, device=device)
        text = _storable(self.texts[index][:MAX_EVENT_CHARACTERS].replace("\x00", "\ufffd"))
        detail = _storable(detail.replace("\x00", ""))
        self._refused[index] = (
            uuid7(), text, self.hashes[index], event_id, device, code, detail or None, self._now, wire.receipt,
        )  # fmt: skip

    def _give(
        self,
        index: int,
        verdict: Verdict,
        codes: list[str],
        *,
        event_id: UUID | None,
        device: UUID | None,
        visits: Sequence[TouchedVisit] = (),
    ) -> EventAnswer:
        payload = ReceiptPayload(
            event_id=event_id,
            event_hash=jws.b64(self.hashes[index]),
            device_id=device,
            received_at=self._now,
            verdict=verdict,
            codes=codes,
            visits=[*visits],
        )
        receipt = jws.signer().sign(payload, typ=RECEIPT_TYPE)
        wire = EventAnswer(event_id=event_id, verdict=verdict, codes=codes, receipt=receipt)
        self._given[index] = Answer(wire, self._known(device))
        return wire

    def _known(self, device: UUID | None) -> UUID | None:
        return device if device in self._phones else None

    def finish(self) -> list[tuple[object, ...]]:
        """Answers the same text twice in one request by the same receipt. The rows of refused texts to be kept."""
        by_hash = {self.hashes[index]: answer for index, answer in self._given.items()}
        for index, digest in enumerate(self.hashes):
            self._given.setdefault(index, by_hash[digest])
        # Only a request in which some phone is known may leave refused texts behind: strangers cannot fill the disk.
        heard = {self._submission[index] for index, answer in self._given.items() if answer.device is not None}
        return [row for index, row in self._refused.items() if self._submission[index] in heard]

    def in_order(self, *, holes: Container[UUID]) -> Iterator[Answer]:
        """In the order of the texts, each with what is stored of its phone; not past a hole that was seen just now.

        `holes` are the phones of which an event came without the one before it.
        """
        for index in range(len(self.texts)):
            answer = self._given[index]
            phone = self._phones.get(answer.device) if answer.device else None
            heard = 0 if phone is None else self._heard[phone.id] if phone.id in holes else phone.last_seq
            yield msgspec.structs.replace(answer, heard=heard)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
