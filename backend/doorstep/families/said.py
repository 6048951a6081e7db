"""What was said, opened: for the member who said it and for the office."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock, vault
from doorstep.families import rules
from doorstep.families.wire import FeedbackItem, FeedbackVisit, MyFeedback
from doorstep.identity.wire import Named

TEXT, ANSWER = "feedback.text", "feedback.answer"


def seal(text: str | None, purpose: str) -> bytes | None:
    """What a family or an office wrote is sealed: it may say anything about anybody."""
    return None if text is None else vault.current().seal(text, purpose)


def _open(sealed: bytes | None, purpose: str) -> str | None:
    return None if sealed is None else vault.current().open(sealed, purpose)


def my_view(row: Record) -> MyFeedback:
    """For the member who said it."""
    return MyFeedback(id=row["id"], visit_id=row["visit"], **_common(row))


def item(row: Record) -> FeedbackItem:
    """For the office."""
    return FeedbackItem(
        id=row["id"],
        visit=FeedbackVisit(
            id=row["visit"],
            elder=Named(id=row["elder"], name=vault.current().open(row["elder_name"], "elder.name")),
            provider=Named(id=row["provider"], name=row["provider_name"]),
            caregivers=list(row["caregivers"]),
            community=row["community"] or "",
            **{name: row[name] for name in _OF_VISIT},
        ),
        member=vault.current().open(row["member_name"], "family_member.name"),
        relation=row["relation"] or "",
        overdue=overdue(row),
        answered_by=row["answered_by_name"],
        **_common(row),
    )


_OF_VISIT = (
    *("service_type", "content", "window_start", "window_end", "started_at", "ended_at"),
    *("op_state", "holds"),
)


def _common(row: Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("kind", "score", "reason", "at", "outcome", "answered_at")},
        "text": _open(row["text"], TEXT),
        "answer": _open(row["answer"], ANSWER),
        "answer_due_on": due_of(row),
    }


def due_of(row: Record) -> date | None:
    """The day by which it has to be answered: of what was said before a calendar was published, as soon as it is."""
    return row["answer_due_on"] or rules.due_on(row["kind"], clock.civil_date(row["at"]))


def overdue(row: Record) -> bool:
    """Whether the day by which it had to be answered is over, and nobody did."""
    due = due_of(row)
    return row["outcome"] is None and due is not None and due < clock.today()


def same(row: Record, *, score: int | None, reason: str | None, text: str | None) -> bool:
    """Whether it is what was said before: a request sent again, because its answer was lost, says nothing twice."""
    return row["outcome"] is None and (row["score"], row["reason"], _open(row["text"], TEXT)) == (score, reason, text)


def by_id(rows: list[Record], id: UUID) -> Record:
    """One of the rows."""
    return next(row for row in rows if row["id"] == id)
