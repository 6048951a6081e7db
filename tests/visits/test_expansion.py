"""Plans become visits: idempotent, dated facts respected, caregivers assigned who can really go."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.identity.wire import SYSTEM
from doorstep.visits import service
from support.world import World

TODAY = clock.today()


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


async def _visits(elder: UUID) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT v.*, array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL) AS who "
        "FROM visit v WHERE v.elder = $1 ORDER BY v.window_start, v.ordinal",
        elder,
    )
    return [dict(row) for row in rows]


async def test_a_daily_item_becomes_one_assigned_visit_a_day(world: World) -> None:
    item = await world.add_plan_item(world.elder)
    done = await service.expand(SYSTEM, days=5)
    assert (done.created, done.existing, done.assigned, done.unassigned) == (5, 0, 5, [])
    visits = await _visits(world.elder)
    assert [visit["service_day"] for visit in visits] == [_in(offset) for offset in range(5)]
    first = visits[0]
    assert (first["plan_item"], first["household"], first["provider"]) == (item, world.home, world.provider)
    assert (first["kind"], first["op_state"], first["verify_state"]) == ("planned", "assigned", "none")
    assert (first["window_start"], first["window_end"]) == (clock.at(TODAY, time(11)), clock.at(TODAY, time(12, 30)))
    assert len({visit["who"][0] for visit in visits}) == 1, "the same caregiver comes every day"
    told = await fetch("SELECT kind, provider, area FROM change WHERE subject = $1", first["id"])
    assert [tuple(row) for row in told] == [("visit.assigned", world.provider, world.subdistrict)]


async def test_twice_changes_nothing(world: World) -> None:
    await world.add_plan_item(world.elder)
    await world.add_plan_item(world.wife, recurrence='{"kind":"times_per","period":"week","times":2}')
    await service.expand(SYSTEM, days=10)
    before = await fetch("SELECT v::text FROM visit v ORDER BY id"), await fetch("SELECT a::text FROM assignment a")
    again = await service.expand(SYSTEM, days=10)
    assert (again.created, again.assigned, again.withdrawn) == (0, 0, 0)
    assert again.existing == len(before[0])
    after = await fetch("SELECT v::text FROM visit v ORDER BY id"), await fetch("SELECT a::text FROM assignment a")
    assert after == before
