"""What goes over the wire about seeded samples and what was found about each drawn visit."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, Note
from doorstep.identity.wire import Named
from doorstep.review.wire import InspectionView, QueueVisit


class NewSample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is drawn from: verified visits of [since, until).

    `seed`: what the drawer names for the seed, as a lottery's number; the server adds a random number of its own.
    """

    since: date
    until: date
    size: Annotated[int, Meta(ge=1, le=500)]
    seed: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROL)] | None = None
    provider_id: UUID | None = None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A draw that anybody can repeat; `outcomes` counts the last result of each drawn visit, `open` those without."""

    id: UUID
    seed: str
    since: date
    until: date
    size: int
    population: int
    population_sha256: str
    provider: Named | None
    area: Named | None
    drawn_by: str
    at: datetime
    outcomes: dict[str, int]
    open: int


class SampleList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    items: list[Sample]
    next: str | None


class DrawnVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn visit in its place, with what was found about it in this sample, in order. `contact`: whom to call."""

    ordinal: int
    visit: QueueVisit
    contact: str | None
    inspections: list[InspectionView]


class SampleView(Sample, frozen=True, kw_only=True):
    """A sample with its visits in the order in which they were drawn. `may_record`: it is for the reader to ask."""

    may_record: bool
    items: list[DrawnVisit]


class Redraw(msgspec.Struct, frozen=True, kw_only=True):
    """The same draw made again from what it was drawn from.

    `same_draw`: it draws the same visits in the same order; `same_population`: what is kept has the published mark.
    `no_longer`: visits of it that are verified no more; `since_then`: visits of the period that were verified since.
    """

    visits: list[UUID]
    same_draw: bool
    same_population: bool
    no_longer: int
    since_then: int


class NewInspection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call or a visit to the home found. What differs, or did not happen, is described and holds the visit."""

    kind: Literal["call_back", "home_visit"]
    outcome: Literal["confirmed", "differs", "did_not_happen", "not_reached"]
    note: Note | None = None
