"""A death or a stay in hospital that is recorded late holds the visits from its date on, and nothing before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.review import service
from support.door import visit_row

from .conftest import Desk, state


async def served(desk: Desk, days_ago: int) -> UUID:
    """A visit that was accepted at once, so many days ago."""
    start = clock.now() - timedelta(days=days_ago, minutes=5)
    times = {"started_at": start, "ended_at": start + timedelta(minutes=20)}
    states: dict[str, Any] = {"op_state": "completed", "verify_state": "auto_verified", "grade": "A"}
    return await desk.world.add_visit(desk.world.elder, start=start, **times, **states)


def day(days_ago: int) -> str:
    """A civil date."""
    return (clock.today() - timedelta(days=days_ago)).isoformat()


async def notice(desk: Desk, kind: str, since: str, until: str | None = None) -> None:
    """What the office records."""
    body: dict[str, Any] = {"kind": kind, "valid_from": since, "valid_to": until, "source": "家属来电"}
    await desk.post(f"/elders/{desk.world.elder}/statuses", body, role="dispatcher")
    await service.follow_notices()


async def codes(visit: UUID) -> list[str]:
    """Why it is held."""
    return (await visit_row(visit))["hold_codes"]


async def test_a_late_death_holds_what_came_after_it_and_nothing_before(desk: Desk) -> None:
    before, same, after = [await served(desk, ago) for ago in (5, 4, 1)]
    other = await desk.world.add_visit(desk.world.husband, op_state="completed", verify_state="auto_verified")
    await notice(desk, "deceased", day(4))
    assert [await codes(one) for one in (before, same, after, other)] == [[], *[["ELDER_DECEASED"]] * 2, []]
    assert await state(after) == ("reopened", "held")
    assert [item["codes"] for item in (await desk.get("/review/queue"))["items"]] == [["ELDER_DECEASED"]] * 2
    await service.follow_notices()
    assert await codes(after) == ["ELDER_DECEASED"]


@pytest.mark.parametrize("kind", ["hospital_stay", "respite_stay", "away", "welfare_institution"])
async def test_a_stay_away_is_half_open(desk: Desk, kind: str) -> None:
    visits = [await served(desk, ago) for ago in (6, 5, 4, 3, 2)]
    await notice(desk, kind, day(5), day(3))
    assert [bool(await codes(one)) for one in visits] == [False, True, True, False, False]


async def test_a_corrected_end_frees_what_it_no_longer_covers(desk: Desk) -> None:
    early, late = await served(desk, 5), await served(desk, 3)
    await notice(desk, "hospital_stay", day(5))
    assert [await codes(one) for one in (early, late)] == [["ELDER_ABSENT_STATUS"]] * 2
    await notice(desk, "hospital_stay", day(5), day(4))
    assert [await codes(one) for one in (early, late)] == [["ELDER_ABSENT_STATUS"], []]
    assert await state(late) == ("auto_verified", "unsettled")
    await notice(desk, "hospital_stay", day(5))
    assert await codes(late) == ["ELDER_ABSENT_STATUS"]


async def test_what_a_person_has_looked_at_is_not_brought_up_again(desk: Desk) -> None:
    visit = await served(desk, 2)
    await notice(desk, "hospital_stay", day(3))
    await desk.decide(visit)
    await notice(desk, "hospital_stay", day(3), day(0))
    assert await state(visit) == ("verified", "unsettled")


@pytest.mark.parametrize("first", [None, 0], ids=["the same again", "home again today"])
async def test_a_provider_does_not_take_back_in_two_steps_what_an_office_recorded(
    desk: Desk, first: int | None
) -> None:
    visit = await served(desk, 3)
    path, stay = f"/elders/{desk.world.elder}/statuses", {"kind": "hospital_stay", "valid_from": day(5)}
    await desk.post(path, stay, role="officer")
    await desk.post(path, {**stay, "valid_to": None if first is None else day(first)}, role="dispatcher")
    await desk.post(path, {**stay, "valid_to": day(5)}, role="dispatcher", status=403)
    await service.follow_notices()
    assert await state(visit) == ("reopened", "held")
    await desk.post(path, {**stay, "valid_to": day(5)}, role="officer")
    await service.follow_notices()
    assert await state(visit) == ("auto_verified", "unsettled")


async def test_another_end_of_a_stay_asks_nothing_that_was_decided(desk: Desk) -> None:
    visit = await served(desk, 3)
    await notice(desk, "hospital_stay", day(5))
    page = f"/elders/{desk.world.elder}/to-decide"
    assert [one["visit"]["id"] for one in (await desk.get(page))["items"]] == [str(visit)]
    await desk.decide(visit)
    await notice(desk, "hospital_stay", day(5), day(1))
    assert (await desk.get(page))["items"] == [], "nobody could decide it: nothing is held"
    assert (await desk.get(f"/review/visits/{visit}"))["to_decide"] is False


async def test_two_notices_are_looked_at_together(desk: Desk) -> None:
    visit = await served(desk, 3)
    await notice(desk, "hospital_stay", day(5))
    await notice(desk, "away", day(5), day(0))
    await desk.decide(visit)
    await notice(desk, "living_alone", day(9))
    assert await state(visit) == ("verified", "unsettled"), "both were known when it was decided"
    await notice(desk, "respite_stay", day(4), day(2))
    assert await state(visit) == ("reopened", "held"), "this one is news"


async def test_what_was_known_at_the_door_is_held_once(desk: Desk) -> None:
    await notice(desk, "hospital_stay", day(1))
    visit = await desk.held()
    assert sorted(set(await codes(visit))) == ["ELDER_ABSENT_STATUS", "TOKEN_MISSING"]
    held = (await visit_row(visit))["holds"]
    await notice(desk, "hospital_stay", day(1), day(-9))
    assert (await visit_row(visit))["holds"] == held


async def test_other_facts_hold_nothing(desk: Desk) -> None:
    visit = await served(desk, 1)
    await notice(desk, "living_alone", day(9))
    assert await codes(visit) == []


async def test_paid_money_is_not_moved_but_looked_at(desk: Desk) -> None:
    visit = await served(desk, 1)
    await fetch("UPDATE visit SET settle_state = 'paid' WHERE id = $1", visit)
    await notice(desk, "deceased", day(2))
    assert await state(visit) == ("reopened", "paid")


async def entered(desk: Desk, visit: UUID, reason: str = "phone_broken", kind: str = "entry") -> None:
    """Somebody writes by hand how a visit of some days ago went."""
    start = (await visit_row(visit))["window_start"] + timedelta(minutes=7)
    times = {"started_at": start.isoformat(), "ended_at": (start + timedelta(minutes=20)).isoformat()}
    body: dict[str, Any] = {"kind": kind, "reason_code": reason}
    if kind == "entry":
        body |= {"caregiver_id": str(desk.world.caregiver), **times}
    await desk.post(f"/review/visits/{visit}/manual", body, role="dispatcher")


async def missed(desk: Desk, days_ago: int) -> UUID:
    """Nobody came, as far as is known."""
    start = clock.now() - timedelta(days=days_ago, minutes=5)
    return await desk.world.add_visit(desk.world.elder, start=start, op_state="missed")


@pytest.mark.parametrize(("kind", "code"), [("deceased", "ELDER_DECEASED"), ("hospital_stay", "ELDER_ABSENT_STATUS")])
async def test_what_is_entered_by_hand_after_the_notice_is_held_for_it(desk: Desk, kind: str, code: str) -> None:
    """Recorded on the fifth, of the first; the visit of the third is entered on the sixth."""
    before, after, nobody = [await missed(desk, ago) for ago in (6, 3, 2)]
    untouched = await served(desk, 1)
    await notice(desk, kind, day(5))
    await desk.decide(untouched)
    for visit in (before, after):
        await entered(desk, visit)
    await entered(desk, nobody, "absent", "not_served")
    assert [sorted(await codes(one)) for one in (before, after)] == [["MANUAL_ENTRY"], sorted([code, "MANUAL_ENTRY"])]
    assert [await codes(one) for one in (nobody, untouched)] == [[], []]
    await service.follow_notices()
    assert (await visit_row(after))["holds"] == 2, "once is enough"
