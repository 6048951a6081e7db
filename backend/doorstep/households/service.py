"""Use cases of homes: the list, printing cards, setting a home's point, finding a home at the door."""

import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from doorstep.core import clock, geo, paging, tokens, vault
from doorstep.core.problems import NotFound, Problem, TooManyRequests
from doorstep.core.tokens import Entropy
from doorstep.db import changes
from doorstep.db.engine import unit_of_work
from doorstep.households import printing, rules, scope, store
from doorstep.households.printing import PlannedCard
from doorstep.households.wire import (
    CardFormat,
    CardLayout,
    DoorAddress,
    DoorHome,
    DoorHomeRequest,
    HomePoint,
    HomesOnly,
    HouseholdCounts,
    HouseholdPage,
    HouseholdRow,
    KnownCode,
    LiveCode,
)
from doorstep.identity.wire import SYSTEM, Actor, Named
from doorstep.settings import Settings

salted_hash = tokens.salted_hash
short_code_fingerprint = printing.short_code_fingerprint
in_scope, item_stands, providers_of = scope.in_scope, scope.item_stands, scope.providers_of
reading_since, serves = scope.reading_since, scope.serves

_CHUNK = 200


class CodeUnknown(Problem):
    """No card with this code hangs anywhere, or it was replaced."""

    code = "TOKEN_UNKNOWN"


async def households(
    actor: Actor, *, query: str = "", only: HomesOnly | None = None, cursor: str | None = None, limit: int = 50
) -> HouseholdPage:
    """A page of homes in the actor's scope; `query` is a part of an address or name, or initials of a name.

    Addresses and names are sealed, so a search opens every home of the scope, a chunk at a time.
    """
    after = paging.decode(cursor, tuple[str, str, UUID]) if cursor else None
    counts = None if query or after else HouseholdCounts(**await store.counts(actor))
    items: list[HouseholdRow] = []
    while True:
        rows = await store.page(actor, only=only, after=after, limit=_CHUNK if query else limit + 1)
        elders = await store.elders(actor, [row["id"] for row in rows])
        for row in rows:
            people = elders.get(row["id"], [])
            home = _row(row, people)
            if query and not _found(query, home, people):
                after = _key(row)
                continue
            if len(items) == limit:
                return HouseholdPage(items=items, next=paging.encode(after), counts=counts)
            items.append(home)
            after = _key(row)
        if len(rows) < _CHUNK or not query:
            return HouseholdPage(items=items, next=None, counts=counts)


def _key(row: Any) -> tuple[str, str, UUID]:
    return row["subdistrict"], row["community"], row["id"]


def _row(row: Any, elders: Sequence[Any]) -> HouseholdRow:
    names = [Named(id=elder["id"], name=vault.current().open(elder["name"], "elder.name")) for elder in elders]
    issued = None if row["version"] is None else LiveCode(version=row["version"], issued_at=row["issued_at"])
    return HouseholdRow(
        id=row["id"],
        address=vault.current().open(row["address"], "household.address"),
        community=row["community"],
        subdistrict=row["subdistrict"],
        elders=names,
        code=issued,
        point=row["point"],
    )


def _found(query: str, home: HouseholdRow, elders: Sequence[Any]) -> bool:
    return rules.found(
        query,
        address=home.address,
        community=home.community,
        names=[elder.name for elder in home.elders],
        initials=[elder["initials"] for elder in elders],
    )


async def homes_without_code(actor: Actor) -> list[UUID]:
    """Homes in the actor's scope that no card hangs in yet."""
    return await store.without_code(actor)


async def issue_and_draw(
    actor: Actor,
    household_ids: Sequence[UUID],
    *,
    layout: CardLayout,
    format: CardFormat,
    settings: Settings,
    entropy: Entropy = os.urandom,
) -> bytes:
    """New codes for these homes and the file to print them from; the codes they had are void from this moment.

    Drawn first, stored then, in one transaction: no old card dies before its successor can be printed. Not repeatable:
    tokens are not stored, so a lost file means new codes once more.

    :raises NotFound: if a home is out of scope.
    :raises InputInvalid: if a PNG would need more than one page.
    :raises GlyphMissing: naming each home and character that cannot be printed.
    :raises FontMissing: if no Chinese font is installed.
    :raises PublicUrlUnusable: if the server's address cannot be printed.
    :raises CodeChanged: if somebody else printed a card for one of the homes meanwhile.
    """
    planned, content = await printing.draw_new(
        actor, household_ids, layout=layout, format=format, settings=settings, entropy=entropy
    )
    now = clock.now()
    async with unit_of_work():
        await store.replace_codes(actor, [card.code for card in planned], now)
        await changes.record_all([_issued(actor, card) for card in planned])
    return content


def _issued(actor: Actor, card: PlannedCard) -> changes.NewChange:
    return changes.NewChange(
        kind="home.code_issued",
        subject=card.code.household,
        data={"version": card.code.version},
        provider=actor.provider_id,
        area=card.area,
    )


async def resolve_codes(token_hashes: Sequence[bytes], short_codes: Sequence[bytes]) -> dict[bytes, KnownCode]:
    """Codes that were ever printed, also replaced ones, by token hash and by short code fingerprint."""
    known: dict[bytes, KnownCode] = {}
    for row in await store.resolve(token_hashes, short_codes):
        code = KnownCode(household=row["household"], version=row["version"], revoked=row["revoked"])
        known[row["token_sha256"]] = known[row["short_code_fingerprint"]] = code
    return known


async def home_at_door(actor: Actor, request: DoorHomeRequest) -> DoorHome:
    """The home of a live code, for a caregiver who stands before its card: the code is the scope.

    :raises TokenMalformed: if it cannot be a code; not counted, as nothing is learnt from it.
    :raises CodeUnknown: for an unknown or replaced code alike.
    :raises TooManyRequests: after ten wrong ones in an hour, the right one included.
    """
    token = None if request.token is None else tokens.token_sha256(tokens.parse_token(request.token))
    short = None if request.short_code is None else short_code_fingerprint(tokens.parse_short_code(request.short_code))
    if actor.device_id is None:
        raise NotFound
    now = clock.now()
    # The count is committed with the refusal, and its row is locked: many guesses at once count one after the other.
    async with unit_of_work():
        wrong = rules.recent_wrong_codes(await store.wrong_codes(actor.device_id), now)
        wait = rules.wait_before_next_code(wrong, now)
        home = None if wait else await store.home_of_code(token_sha256=token, short_code=short)
        if not (wait or home):
            await store.keep_wrong_codes(actor.device_id, [*wrong, now])
    if wait:
        raise TooManyRequests(Retry_After=str(int(wait.total_seconds()) + 1))
    if home is None:
        raise CodeUnknown
    people = (await store.elders(SYSTEM, [home["id"]])).get(home["id"], [])
    safe = vault.current()
    return DoorHome(
        household=DoorAddress(id=home["id"], address=safe.open(home["address"], "household.address")),
        elders=[Named(id=row["id"], name=safe.open(row["name"], "elder.name")) for row in people],
    )


async def set_point(actor: Actor, household_id: UUID, place: HomePoint) -> None:
    """The home's point as a phone on the spot gives it, in WGS-84.

    How far it moved is kept in the change, because a point can be bent to fit.

    :raises PointInvalid: if it cannot be a home's.
    :raises NotFound: if the home is out of scope.
    """
    point = rules.checked_point(place.lat, place.lon, place.accuracy_m)
    async with unit_of_work():
        old = await store.set_point(
            actor, household_id, lat=point.lat, lon=point.lon, accuracy_m=place.accuracy_m, at=clock.now()
        )
        if old is None:
            raise NotFound
        moved = None if old["lat"] is None else round(geo.distance_m(geo.Point(old["lat"], old["lon"]), point))
        await changes.record(
            kind="home.point_set",
            subject=household_id,
            data={"by": str(actor.account_id), "moved_m": moved, "accuracy_m": place.accuracy_m},
            provider=actor.provider_id,
            area=old["area"],
        )
