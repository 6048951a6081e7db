"""By which browser a family is told: its own subscription, its own list, nobody else's."""

import httpx

from doorstep.core import clock
from doorstep.core.ids import uuid7
from doorstep.db.engine import fetch, unit_of_work
from doorstep.db.tables.reminders import Reminder
from doorstep.identity.wire import SYSTEM
from doorstep.reminders import watching
from support.world import World

from .conftest import Ask, Headers


async def test_a_push_service_that_is_not_called_is_refused(
    client: httpx.AsyncClient, daughter: Headers, get: Ask
) -> None:
    state = await get("/family/push", daughter)
    assert state["subscription"] is None
    assert state["hosts_allowed"]
    body = {"endpoint": "https://push.evil.example/1", "p256dh": "AAAA", "auth": "AAAA"}
    answer = await client.put("/api/v1/family/push", headers=daughter, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "PUSH_SERVICE_NOT_ALLOWED")
    assert (await client.delete("/api/v1/family/push", headers=daughter)).status_code == 204


async def test_who_wishes_it_no_more_is_told_no_more(
    client: httpx.AsyncClient, world: World, daughter: Headers, get: Ask
) -> None:
    [member] = await fetch("SELECT id FROM family_member")
    visit, now = await world.add_visit(world.elder), clock.now()
    wishes = {"arrived": True, "left": True, "changed": False}
    url = f"/api/v1/family/elders/{world.elder}/watch"
    assert (await client.put(url, headers=daughter, json=wishes)).status_code in (200, 204)
    for kind in ("arrived", "left"):
        await Reminder.insert(
            Reminder(
                id=uuid7(), kind=kind, audience="family", person=member["id"], visit=visit, provider=world.provider,
                thing=f"{kind}:{visit}:{member['id']}", occasion=now, topic="t", due_at=now,
                useless_at=now.replace(year=2099), state="planned", created_at=now, changed_at=now,
            )
        )  # fmt: skip
    assert (await client.put(url, headers=daughter, json={**wishes, "left": False})).status_code in (200, 204)
    assert [one["kind"] for one in (await get("/family/reminders", daughter))["items"]] == ["arrived"]
    async with unit_of_work():
        await watching.unwatch(SYSTEM, member["id"], world.elder)
    assert (await get("/family/reminders", daughter))["items"] == []


async def test_what_one_was_told_is_ones_own(
    client: httpx.AsyncClient, world: World, daughter: Headers, get: Ask
) -> None:
    [member] = await fetch("SELECT id FROM family_member")
    visit, now = await world.add_visit(world.elder), clock.now()
    ids = []
    for person in (member["id"], uuid7()):
        row = Reminder(
            id=uuid7(), kind="arrived", audience="family", person=person, visit=visit, provider=world.provider,
            thing=f"arrived:{visit}:{person}", occasion=now, topic="t", due_at=now, useless_at=now.replace(year=2099),
            state="sent", created_at=now, changed_at=now,
        )  # fmt: skip
        await Reminder.insert(row)
        ids.append(str(row.id))
    assert [one["id"] for one in (await get("/family/reminders", daughter))["items"]] == ids[:1]
    seen = await client.post("/api/v1/family/reminders/seen", headers=daughter, json={"acknowledged": ids})
    assert seen.status_code == 204
    assert (await get("/family/reminders", daughter))["items"] == []
    rows = await fetch("SELECT person, acknowledged_at FROM reminder WHERE acknowledged_at IS NOT NULL")
    assert [row["person"] for row in rows] == [member["id"]]
