"""Where, when, in which order: situations that differ from a perfect visit in one proof of presence."""

from __future__ import annotations

from datetime import timedelta

from doorstep.checkins.rules import LAW
from doorstep.core import clock
from doorstep.db.tables.homes import Household
from support.door import arrive, standing_clock
from support.phone import rfc3339
from support.sign_in import phone_of
from support.world import HOME

from .scene import Scene, situation


@situation("LOCATION_MISSING")
async def location_refused(scene: Scene) -> list[str]:
    return await scene.arriving(position=None, position_error="denied")


@situation("LOCATION_FAR")
async def a_kilometre_away(scene: Scene) -> list[str]:
    scene.phone.place = (HOME[0] + 0.009, HOME[1])
    return await scene.arriving()


@situation("LOCATION_STALE")
async def an_old_position(scene: Scene) -> list[str]:
    return await scene.arriving(position={"lat": HOME[0], "lon": HOME[1], "accuracy_m": 10, "age_ms": 900_000})


@situation("LOCATION_INVALID")
async def swapped(scene: Scene) -> list[str]:
    scene.phone.place = (HOME[1] - 40, HOME[0] + 80)
    return await scene.arriving(position={"lat": HOME[1], "lon": HOME[0], "accuracy_m": 10, "age_ms": 0})


@situation("LOCATION_VAGUE")
async def somewhere_in_the_district(scene: Scene) -> list[str]:
    scene.phone.accuracy_m = 900
    return await scene.arriving()


@situation("LOCATION_SYSTEM")
async def a_phone_that_answers_in_gcj02(scene: Scene) -> list[str]:
    scene.phone.place = (39.923268, 116.449296)
    return await scene.arriving()


@situation("HOME_POINT_MISSING")
async def a_home_without_a_point(scene: Scene) -> list[str]:
    await Household.update({Household.lat: None, Household.lon: None}, force=True)
    return await scene.arriving()


@situation("CAPTURE_WEAK")
async def a_typed_code(scene: Scene) -> list[str]:
    return await scene.arriving(token=None, short_code=scene.card.short_code, capture="typed")


@situation("CLOCK")
async def a_clock_ten_minutes_ahead(scene: Scene) -> list[str]:
    scene.phone.clock_error = timedelta(minutes=10)
    return await scene.arriving()


@situation("CLOCK")
async def a_clock_a_day_behind_but_online(scene: Scene) -> list[str]:
    scene.phone.clock_error = timedelta(days=-1)
    return await scene.arriving()


@situation("CLOCK_FAR TIME_UNPROVEN")
async def a_clock_a_day_ahead_and_no_proof(scene: Scene) -> list[str]:
    scene.phone.clock_error = timedelta(days=1)
    return await scene.arriving(anchor=None, elapsed_ms=None)


@situation("TIME_UNPROVEN")
async def no_anchor(scene: Scene) -> list[str]:
    return await scene.arriving(anchor=None, elapsed_ms=None)


@situation("TIME_UNPROVEN")
async def a_forged_anchor(scene: Scene) -> list[str]:
    stranger = await phone_of(scene.world.colleague)
    return await scene.arriving(anchor=stranger.anchor)


@situation("LATE_SYNC")
async def an_hour_without_network(scene: Scene) -> list[str]:
    with standing_clock() as hands:
        visit = await scene.visit()
        text = arrive(scene.phone, visit, scene.world.elder, scene.card.token)
        hands.move(minutes=60)
        return await scene.codes(text)


@situation("CHAIN_GAP")
async def a_record_in_between_is_lost(scene: Scene) -> list[str]:
    scene.phone.event("check_in")
    return await scene.arriving()


@situation("CHAIN_FORK")
async def two_records_in_one_place(scene: Scene) -> list[str]:
    await scene.arriving()
    scene.phone.seq, scene.phone.prev = 0, None
    return await scene.arriving()


@situation("ANNUL_IMPOSSIBLE")
async def annulling_after_twenty_minutes(scene: Scene) -> list[str]:
    with standing_clock() as hands:
        visit = await scene.visit()
        await scene.codes(arrive(scene.phone, visit, scene.world.elder, scene.card.token))
        target = list(scene.phone.receipts)[-1]
        hands.move(minutes=20)
        return await scene.codes(scene.phone.event("annul", annuls=target, reason="mistake"))


@situation("JUDGED_OTHERWISE")
async def a_phone_that_thinks_the_month_is_full(scene: Scene) -> list[str]:
    seen = {"codes": ["MONTH_QUOTA_REACHED"], "rules": LAW, "facts_at": rfc3339(clock.now())}
    return await scene.arriving(judged=seen)
