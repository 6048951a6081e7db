"""What time alone changes: SQL and the pure rule agree, check-ins are not disturbed, one process at a time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from doorstep.core import clock
from doorstep.db.engine import fetch, unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.visits import rules, service, store, worker
from support.sign_in import phone_of
from support.until import until
from support.world import World

NOW = clock.now().replace(microsecond=0)


async def _states() -> dict[UUID, str]:
    return {row["id"]: row["op_state"] for row in await fetch("SELECT id, op_state FROM visit")}


async def _grid(world: World) -> dict[UUID, dict[str, Any]]:
    """Visits in every state around both limits, to the second."""
    visits = {}
    for op_state in ("planned", "assigned", "in_progress", "completed", "missed", "not_served", "cancelled"):
        for offset in (-1, 0, 1):
            due_missed = NOW - rules.MISSED_AFTER + timedelta(seconds=offset)
            started = NOW - rules.UNCLOSED_AFTER - timedelta(minutes=60) + timedelta(seconds=offset)
            running = op_state in ("in_progress", "completed")
            values = {
                "start": due_missed - timedelta(minutes=120),
                "op_state": op_state,
                "max_minutes": 60,
                "started_at": started if running else None,
            }
            visits[await world.add_visit(world.elder, **values)] = {
                "op_state": op_state,
                "window_end": due_missed,
                "started_at": values["started_at"],
                "max_minutes": 60,
            }
    return visits


async def test_the_sweep_does_what_the_rule_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = await _grid(world)
    monkeypatch.setattr(clock, "_source", lambda: NOW)
    expected = {id: rules.overdue(**facts, now=NOW) or facts["op_state"] for id, facts in visits.items()}
    moved = sum(expected[id] != facts["op_state"] for id, facts in visits.items())
    assert moved == 2, "one missed, one unclosed"
    assert await service.sweep() == moved
    assert await _states() == expected
    assert await service.sweep() == 0
    told = await fetch("SELECT kind, subject, provider, area FROM change ORDER BY kind")
    assert [(row["kind"], expected[row["subject"]]) for row in told] == [
        ("visit.missed", "missed"),
        ("visit.unclosed", "unclosed"),
    ]
    assert {(row["provider"], row["area"]) for row in told} == {(world.provider, world.subdistrict)}


@pytest.mark.parametrize(
    ("heard", "state"),
    [
        (None, "missed"),  # nobody has a phone: nothing can come later
        (-1, "assigned"),
        (0, "assigned"),
        (1, "missed"),
    ],
)
async def test_a_visit_is_not_missed_while_the_phone_is_silent(world: World, heard: int | None, state: str) -> None:
    """Seconds after the moment from which a visit counts as missed."""
    visit = await world.add_visit(world.elder, start=NOW - timedelta(hours=5))
    if heard is not None:
        await phone_of(world.caregiver)
        moment = NOW - timedelta(hours=3) + rules.MISSED_AFTER + timedelta(seconds=heard)
        await fetch("UPDATE device SET enrolled_at = $1, last_seen_at = $1", moment)
    await service.sweep()
    assert (await _states())[visit] == state


async def test_of_two_caregivers_both_must_have_been_heard(world: World) -> None:
    visit = await world.add_visit(
        world.elder, start=NOW - timedelta(hours=5), carers_needed=2, caregivers=[world.caregiver, world.colleague]
    )
    for caregiver, at in ((world.caregiver, NOW), (world.colleague, NOW - timedelta(hours=4))):
        phone = await phone_of(caregiver)
        await fetch("UPDATE device SET enrolled_at = $2, last_seen_at = $2 WHERE id = $1", UUID(phone.device_id), at)
    await service.sweep()
    assert (await _states())[visit] == "assigned"
    await fetch("UPDATE device SET revoked_at = now() WHERE last_seen_at < $1", NOW)
    await service.sweep()
    assert (await _states())[visit] == "missed", "a phone that was given up has nothing more to say"


async def test_a_server_that_was_down_for_weeks_looks_further_back(world: World) -> None:
    old = await world.add_visit(world.elder, start=NOW - timedelta(days=20))
    assert await service.sweep() == 0
    assert await worker.run_once() == 1
    assert (await _states())[old] == "missed"


async def test_a_visit_that_a_check_in_holds_is_left_to_the_next_run(world: World, dsn: str) -> None:
    visit = await world.add_visit(world.elder, start=NOW - timedelta(hours=5))
    other = await asyncpg.connect(dsn)
    try:
        async with other.transaction():
            await other.execute("UPDATE visit SET op_state = 'in_progress', started_at = $1 WHERE id = $2", NOW, visit)
            assert await service.sweep() == 0
    finally:
        await other.close()
    assert await service.sweep() == 0
    assert (await _states())[visit] == "in_progress"


async def test_two_processes_do_not_sweep_at_once(world: World, dsn: str) -> None:
    await world.add_visit(world.elder, start=NOW - timedelta(hours=5))
    other = await asyncpg.connect(dsn)
    try:
        async with other.transaction():
            await other.execute("SELECT pg_advisory_xact_lock($1)", store._SWEEPING)
            assert await service.sweep() == 0
        assert await service.sweep() == 1
    finally:
        await other.close()


async def test_the_minute_goes_on_after_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    visit = await world.add_visit(world.elder, start=NOW - timedelta(hours=5))
    failures = iter([OSError("the database is away"), ValueError("a bug")])
    sweep = service.sweep

    async def sometimes(back: timedelta) -> int:
        for failure in failures:
            raise failure
        return await sweep(back)

    monkeypatch.setattr(service, "sweep", sometimes)
    monkeypatch.setattr(worker, "EVERY", 0.0)
    task = asyncio.create_task(worker.run_for_ever())

    async def missed() -> bool:
        return (await _states())[visit] == "missed"

    await until(missed)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_change_is_written_with_what_it_tells_or_not_at_all(world: World) -> None:
    with pytest.raises(RuntimeError):
        await service.record_change(kind="visit.test", subject=world.elder)
    with pytest.raises(ValueError, match="undone"):
        async with unit_of_work():
            await service.record_change(kind="visit.test", subject=world.elder)
            raise ValueError("undone")
    assert not await fetch("SELECT 1 FROM change")
    async with unit_of_work():
        await service.record_change(kind="visit.test", subject=world.elder, data={"字": 1}, provider=world.provider)
    [row] = await fetch("SELECT kind, subject, data, provider, area, at FROM change")
    assert (row["kind"], row["subject"], row["data"], row["area"]) == ("visit.test", world.elder, '{"字": 1}', None)
    assert isinstance(row["at"], datetime)
    assert SYSTEM.provider_id is None
