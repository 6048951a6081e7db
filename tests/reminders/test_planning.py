"""The ledger follows real changes: orders, cancellations, check-ins, the sweep; nothing twice, nothing stale."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from checkins.conftest import print_code
from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.reminders import ReminderSetting, Watch
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.reminders import planning, service
from doorstep.reminders.wire import Seen
from doorstep.visits import service as visits
from support.channels import Hands, ledger, states
from support.door import Hands as Clock
from support.door import arrive, leave, planned, standing_clock
from support.sign_in import phone_of
from support.until import until
from support.world import HOME, World

from .conftest import order

Turn = Callable[[], Awaitable[list[str]]]
WAITING = {"next_call": "planned", "not_checked_in": "planned", "visit_late": "planned", "visit_unknown": "planned"}


def tomorrow_at(hour: int) -> datetime:
    return clock.at(clock.today() + timedelta(days=1), time(hour))


@pytest.fixture
def hands_of_clock() -> Any:
    with standing_clock() as moved:
        yield moved


def today_at(hour: int) -> datetime:
    return clock.at(clock.today(), time(hour))


@contextmanager
def at_instant(instant: datetime) -> Iterator[None]:
    with clock.running_from(lambda: instant):
        yield


@pytest.fixture
def noon() -> Iterator[Clock]:
    """It is noon, and stays so until it is moved."""
    with standing_clock() as moved:
        moved.at = today_at(12)
        yield moved


async def _ordered(office: httpx.AsyncClient, world: World, start: datetime, minutes: int = 60, **values: Any) -> UUID:
    window = {"window_start": start.isoformat(), "window_end": (start + timedelta(minutes=minutes)).isoformat()}
    answer = await office.post("/api/v1/visits", json=order(world, **window, **values))
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["visits"][0]["id"])


async def _send(office: httpx.AsyncClient, visit: UUID, *caregivers: UUID) -> None:
    ids = [str(who) for who in caregivers]
    answer = await office.put(f"/api/v1/visits/{visit}/caregivers", json={"caregiver_ids": ids})
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("noon", "started")
async def test_an_order_is_told_at_once_and_its_reminders_wait(
    office: httpx.AsyncClient, world: World, turn: Turn, hands: Hands
) -> None:
    hands.subscribe(world.caregiver)
    visit = await _ordered(office, world, tomorrow_at(15))
    assert await turn() == ["visit_changed"]
    assert await states(visit) == {**WAITING, "visit_changed": "sent"}
    assert await turn() == []
    [row] = await ledger(kind="next_call")
    assert (row["due_at"], row["person"]) == (tomorrow_at(15) - timedelta(minutes=30), world.caregiver)


@pytest.mark.usefixtures("started")
async def test_what_is_beyond_the_next_two_days_is_planned_when_it_comes_near(
    office: httpx.AsyncClient, world: World, turn: Turn
) -> None:
    start = tomorrow_at(15) + timedelta(days=3)
    visit = await _ordered(office, world, start)
    await turn()
    assert await states(visit) == {}
    with at_instant(start - timedelta(days=2) - timedelta(minutes=1)):
        await turn()
        assert await states(visit) == {}
    with at_instant(start - timedelta(days=2) + timedelta(minutes=2)):
        await turn()
        assert await states(visit) == WAITING


@pytest.mark.usefixtures("noon", "started")
async def test_another_caregiver_is_told_and_the_former_one_is_told_to_stay(
    office: httpx.AsyncClient, world: World, turn: Turn, hands: Hands, noon: Clock
) -> None:
    hands.subscribe(world.caregiver)
    hands.subscribe(world.colleague)
    visit = await _ordered(office, world, tomorrow_at(15))
    await turn()
    noon.move(minutes=1)
    await _send(office, visit, world.colleague)
    assert await turn() == ["visit_changed", "visit_changed"]
    theirs = {(row["kind"], row["person"]): row["state"] for row in await ledger(visit=visit)}
    assert theirs["next_call", world.caregiver] == "cancelled"
    assert theirs["next_call", world.colleague] == "planned"
    mine = [row["state"] for row in await ledger(kind="visit_changed", person=world.caregiver)]
    assert mine == ["replaced", "sent"]
    # A late word of the first phone about what is cancelled.
    [late] = await ledger(kind="next_call", person=world.caregiver)
    await service.seen(Actor(role=Role.CAREGIVER, caregiver_id=world.caregiver), Seen(acknowledged=[late["id"]]))
    # And back again: what was cancelled lives again, one row for each thing and occasion, and waits for its own answer.
    noon.move(minutes=1)
    await _send(office, visit, world.caregiver)
    await turn()
    [again] = await ledger(kind="next_call", person=world.caregiver)
    assert (again["state"], again["acknowledged_at"]) == ("planned", None)
    live = [row["thing"] for row in await ledger() if row["state"] in ("planned", "sent")]
    assert len(live) == len(set(live))


@pytest.mark.usefixtures("noon", "started")
async def test_a_cancelled_visit_takes_its_reminders_along(
    office: httpx.AsyncClient, world: World, turn: Turn, hands: Hands, noon: Clock
) -> None:
    hands.subscribe(world.caregiver)
    visit = await _ordered(office, world, tomorrow_at(15))
    await turn()
    noon.move(minutes=1)
    await office.post(f"/api/v1/visits/{visit}/cancel", json={"reason": "老人住院"})
    assert await turn() == ["visit_changed"]
    assert await states(visit) == {**dict.fromkeys(WAITING, "cancelled"), "visit_changed": "sent"}
    with at_instant(tomorrow_at(14) + timedelta(minutes=45)):
        assert await turn() == []


async def test_a_visit_from_the_plan_to_its_end_by_the_phone(
    client: httpx.AsyncClient, world: World, turn: Turn, hands: Hands, hands_of_clock: Clock
) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    phone = await phone_of(world.caregiver, place=HOME)
    hands.subscribe(world.caregiver)
    await Watch.insert(
        *(
            Watch(person=world.stranger, elder=world.elder, kind=kind, created_at=clock.now())
            for kind in ("arrived", "left")
        )
    )
    hands.subscribe(world.stranger)
    visit = await planned(world, start=clock.now() + timedelta(hours=2), minutes=60, max_minutes=60)
    assert await turn() == []
    hands_of_clock.move(minutes=90)
    assert await turn() == ["next_call"]
    hands_of_clock.move(minutes=41)
    assert await turn() == ["not_checked_in"]
    assert (await states(visit))["next_call"] == "expired"
    token = (await print_code(world.home)).token
    await phone.send(client, arrive(phone, visit, world.elder, token))
    assert await turn() == ["arrived"]
    assert await states(visit) == {
        "next_call": "expired",
        "not_checked_in": "cancelled",
        "visit_late": "cancelled",
        "visit_unknown": "cancelled",
        "still_open": "planned",
        "arrived": "sent",
    }
    hands_of_clock.move(minutes=60)
    assert await turn() == ["still_open"]
    await phone.send(client, leave(phone, visit, world.elder, token))
    assert await turn() == ["left"]
    assert (await states(visit))["still_open"] == "cancelled"
    assert [row["state"] for row in await ledger(visit=visit) if row["state"] == "planned"] == []


async def test_the_desk_hears_of_a_visit_that_is_late_and_then_missed(
    world: World, turn: Turn, hands: Hands, hands_of_clock: Clock
) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    hands.subscribe(world.provider)
    visit = await planned(world, start=clock.now(), minutes=60)
    assert await turn() == []
    hands_of_clock.move(minutes=60)
    assert await turn() == ["visit_late"]
    hands_of_clock.move(minutes=31)
    await visits.sweep()
    assert await turn() == ["visit_missed"]
    here = await states(visit)
    assert (here["visit_late"], here["visit_missed"], here["visit_unknown"]) == ("cancelled", "sent", "cancelled")


async def test_the_desk_hears_of_a_silent_phone(world: World, turn: Turn, hands: Hands, hands_of_clock: Clock) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    await phone_of(world.caregiver)
    hands.subscribe(world.provider)
    visit = await planned(world, start=clock.now(), minutes=60)
    await turn()
    hands_of_clock.move(minutes=96)
    await visits.sweep()
    assert await turn() == ["visit_unknown"]
    assert (await states(visit))["visit_late"] == "cancelled"


async def test_an_hour_down_says_nothing_that_is_no_longer_of_use(
    world: World, turn: Turn, hands: Hands, hands_of_clock: Clock
) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    hands.subscribe(world.caregiver)
    gone = await planned(world, start=clock.now() + timedelta(minutes=40), minutes=10)
    soon = await planned(world, world.wife, start=clock.now() + timedelta(minutes=115), minutes=60)
    assert await turn() == []
    hands_of_clock.move(minutes=100)
    assert await turn() == ["next_call"]
    assert (await states(gone))["next_call"] == "expired"
    assert (await states(gone))["not_checked_in"] == "expired"
    assert (await states(soon))["next_call"] == "sent"


async def test_a_provider_s_and_a_caregiver_s_own_minutes(world: World, turn: Turn, hands_of_clock: Clock) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    for subject, minutes in ((world.provider, 60), (world.colleague, 15)):
        await ReminderSetting.insert(ReminderSetting(subject=subject, minutes_before=minutes, changed_at=clock.now()))
    start = clock.now() + timedelta(hours=4)
    visit = await planned(world, start=start, caregivers=[world.caregiver, world.colleague], carers_needed=2)
    await turn()
    due = {row["person"]: row["due_at"] for row in await ledger(visit=visit, kind="next_call")}
    assert due == {
        world.caregiver: start - timedelta(minutes=60),
        world.colleague: start - timedelta(minutes=15),
    }


async def test_the_first_start_on_a_full_database_tells_nobody_of_old_changes(
    world: World, office: httpx.AsyncClient, turn: Turn, hands: Hands
) -> None:
    hands.subscribe(world.caregiver)
    await world.add_plan_item(world.elder)
    await visits.expand(SYSTEM, days=3)
    visit = await _ordered(office, world, tomorrow_at(15))
    assert "visit_changed" not in await turn()
    assert await states(visit) == WAITING


async def test_what_planning_makes_is_a_plan_and_what_it_changes_later_is_news(
    started: World, turn: Turn, hands: Hands
) -> None:
    hands.subscribe(started.caregiver)
    hands.subscribe(started.colleague)
    await started.add_plan_item(started.elder)
    await visits.expand(SYSTEM, days=3)
    assert "visit_changed" not in await turn()
    assert await ledger(kind="visit_changed") == []
    assert await ledger(kind="next_call") != []


async def test_records_that_wait_on_a_phone_are_told_of_by_day_once_a_day(
    world: World, turn: Turn, hands: Hands, hands_of_clock: Clock
) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(2))
    await phone_of(world.caregiver)
    hands.subscribe(world.caregiver)
    await fetch(
        "UPDATE device SET waiting = 3, oldest_waiting_at = $1 WHERE caregiver = $2",
        clock.now() - timedelta(hours=30),
        world.caregiver,
    )
    assert await turn() == []
    [row] = await ledger(kind="records_waiting")
    assert row["state"] == "planned"
    hands_of_clock.move(hours=5)
    assert await turn() == ["records_waiting"]
    hands_of_clock.move(minutes=30)
    assert await turn() == []
    await fetch("UPDATE device SET waiting = 0, oldest_waiting_at = NULL")
    hands_of_clock.move(hours=3)
    await turn()
    assert [row["state"] for row in await ledger(kind="records_waiting")] == ["cancelled"]


async def test_a_certificate_that_ends_is_told_of_unless_there_is_a_newer_one(
    world: World, turn: Turn, hands: Hands, hands_of_clock: Clock
) -> None:
    hands_of_clock.at = clock.at(clock.today(), time(8))
    hands.subscribe(world.caregiver)
    await fetch(
        "UPDATE qualification SET valid_until = $1 WHERE caregiver = $2 AND kind = 'health_certificate'",
        clock.today() + timedelta(days=20),
        world.caregiver,
    )
    assert await turn() == ["certificate_ending"]
    [row] = await ledger(kind="certificate_ending")
    assert row["occasion"] == clock.at(clock.today() - timedelta(days=10), time())
    await fetch(
        "INSERT INTO qualification (id, caregiver, kind, valid_until, recorded_at) "
        "VALUES (gen_random_uuid(), $1, 'health_certificate', $2, $3)",
        world.caregiver,
        clock.today() + timedelta(days=385),
        clock.now(),
    )
    hands_of_clock.move(hours=2)
    await turn()
    assert [row["state"] for row in await ledger(kind="certificate_ending")] == ["cancelled"]


async def test_two_planners_at_once_write_everything_once(started: World, office: httpx.AsyncClient) -> None:
    import asyncio

    for hour in range(9, 13):
        await _ordered(office, started, tomorrow_at(hour), minutes=30)
    await asyncio.gather(*(planning.catch_up() for _ in range(4)))
    await planning.catch_up()
    rows = await ledger()
    assert len(rows) == len({(row["thing"], row["occasion"]) for row in rows}) == 4 * 5


async def test_where_everybody_stands_is_kept_with_what_was_read(
    started: World, office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _ordered(office, started, tomorrow_at(15))

    async def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(planning.store, "put_cursor", broken)
        with pytest.raises(RuntimeError):
            await planning.follow()
    assert await ledger() == []
    assert await planning.follow() > 0
    assert len(await ledger()) == 5
    assert await planning.follow() == 0


async def test_a_change_of_an_unknown_kind_or_subject_is_passed_over(started: World) -> None:
    from doorstep.db import changes
    from doorstep.db.engine import unit_of_work

    async with unit_of_work():
        for kind in ("visit.test", "visit.assigned", "plan.state"):
            await changes.record(kind=kind, subject=started.elder, data={"caregivers": [], "odd": [1]})
    assert await planning.follow() == 3
    assert await ledger() == []


@pytest.mark.usefixtures("noon", "started")
async def test_who_waits_for_the_first_holds_none_of_the_later_ones(
    office: httpx.AsyncClient, world: World, turn: Turn, dsn: str
) -> None:
    """Planning and the worker's answers meet on the same rows: both take them in the order of their ids, at once."""
    visit = await _ordered(office, world, tomorrow_at(15))
    await turn()
    await _send(office, visit, world.caregiver, world.colleague)
    await turn()
    ids = [row["id"] for row in await fetch("SELECT id FROM reminder WHERE visit = $1 ORDER BY id", visit)]
    theirs = await fetch("SELECT id FROM reminder WHERE person = $1 ORDER BY id", world.colleague)
    assert theirs[0]["id"] > ids[0]
    await _send(office, visit, world.caregiver)  # the colleague's, the later ones, are cancelled
    holder, other = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    async with holder.transaction():
        await holder.execute("SELECT FROM reminder WHERE id = $1 FOR UPDATE", ids[0])
        planning_on = asyncio.create_task(planning.follow())
        await until(lambda: _somebody_waits(other))
        for id in ids[1:]:
            await other.execute("SELECT FROM reminder WHERE id = $1 FOR UPDATE NOWAIT", id)
    assert await planning_on > 0
    await holder.close()
    await other.close()


async def _somebody_waits(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))
