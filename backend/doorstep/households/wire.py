"""Homes, their codes and cards as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, ShortList
from doorstep.identity.wire import Named

CardLayout = Literal["card", "sheet"]
CardFormat = Literal["pdf", "png"]
HomesOnly = Literal["without_card", "with_card", "without_point"]
_Code = Annotated[str, Meta(min_length=1, max_length=64)]


class LiveCode(msgspec.Struct, frozen=True, kw_only=True):
    """The card that hangs there now; what it says is known to nobody."""

    version: int
    issued_at: datetime


class HouseholdRow(msgspec.Struct, frozen=True, kw_only=True):
    """One home of the list, with those of its elders that the reader may see. `point`: whether its place is known."""

    id: UUID
    address: str
    community: str
    subdistrict: str
    elders: list[Named]
    code: LiveCode | None
    point: bool


class HouseholdCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many homes of the scope there are, all of them and of each kind that can be asked for."""

    all: int
    without_card: int
    with_card: int
    without_point: int


class HouseholdPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of homes in the order of subdistrict and community. Counts come with the first page of the list only."""

    items: list[HouseholdRow]
    next: str | None
    counts: HouseholdCounts | None = None


class HouseholdSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for. `q`: a part of the address or of an elder's name, or initials of the name in pinyin."""

    q: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROL)]
    only: HomesOnly | None = None
    cursor: Annotated[str, Meta(max_length=400)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class CardsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which homes get a new card, in the order in which they are printed. A PNG holds one page."""

    household_ids: ShortList
    layout: CardLayout = "sheet"
    format: CardFormat = "pdf"


class HomePoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a phone stood in the home: WGS-84 degrees and the radius in metres that it gave."""

    lat: float
    lon: float
    accuracy_m: float


class DoorHomeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either what was scanned or what was typed."""

    token: _Code | None = None
    short_code: _Code | None = None

    def __post_init__(self) -> None:
        if (self.token is None) == (self.short_code is None):
            raise ValueError("either token or short_code")


class DoorAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The home that a code belongs to."""

    id: UUID
    address: str


class DoorHome(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody learns who holds a home's code."""

    household: DoorAddress
    elders: list[Named]


class KnownCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was printed once: whose it is, and whether a newer one has replaced it."""

    household: UUID
    version: int
    revoked: bool
