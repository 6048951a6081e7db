"""Who, for whom, by which plan: situations that differ from a perfect visit in one thing."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import uuid4

from doorstep.core import clock
from doorstep.db.engine import fetch
from doorstep.db.tables.homes import ServiceAgreement
from doorstep.db.tables.organisations import CooperationAgreement, Provider, ProviderStanding
from doorstep.db.tables.people import Device, Qualification
from doorstep.db.tables.plans import PlanState
from support.door import arrive, leave, planned, visit_row, walk_in
from support.phone import Phone
from support.world import HOME

from .conftest import print_code
from .scene import Scene, situation


@situation("")
async def perfect(scene: Scene) -> list[str]:
    return await scene.arriving() + await scene.leaving()


@situation("NOT_AUTHENTICATED")
async def signed_by_another_key(scene: Scene) -> list[str]:
    other = Phone(place=HOME, device_id=scene.phone.device_id)
    text = other.event("check_in", token=scene.card.token)
    return (await scene.phone.post(scene.client, [text])).json()["receipts"][0]["codes"]


@situation("EVENT_MALFORMED")
async def an_unknown_field(scene: Scene) -> list[str]:
    return await scene.codes(scene.phone.event("check_in", token=scene.card.token, mood="good"))


@situation("TOKEN_MALFORMED")
async def not_a_token(scene: Scene) -> list[str]:
    return await scene.arriving(token="1SHORT")


@situation("EVENT_ID_REUSED")
async def another_event_under_the_same_id(scene: Scene) -> list[str]:
    id = str(uuid4())
    await scene.codes(scene.phone.event("check_in", event_id=id, token=scene.card.token))
    return await scene.codes(scene.phone.event("check_in", event_id=id, token=scene.card.token, note="anders"))


@situation("DEVICE_REVOKED")
async def made_after_the_revocation(scene: Scene) -> list[str]:
    visit = await scene.visit()
    await revoke(scene, ago=timedelta(minutes=5))
    return await scene.codes(arrive(scene.phone, visit, scene.world.elder, scene.card.token))


@situation("DEVICE_NOT_ENROLLED")
async def waited_on_the_phone_while_it_was_replaced(scene: Scene) -> list[str]:
    visit = await scene.visit()
    text = arrive(scene.phone, visit, scene.world.elder, scene.card.token)
    await revoke(scene)
    return await scene.codes(text)


async def revoke(scene: Scene, *, ago: timedelta = timedelta()) -> None:
    await Device.update({Device.revoked_at: clock.now() - ago}).where(Device.id == scene.phone.device_id)


@situation("TOKEN_UNKNOWN")
async def a_code_of_nobody(scene: Scene) -> list[str]:
    return await scene.arriving(token="1" + "7" + "A" * 25)


@situation("TOKEN_REVOKED")
async def the_old_card(scene: Scene) -> list[str]:
    old = await print_code(scene.world.home, revoked=True, seed=7)
    return await scene.arriving(token=old.token)


@situation("TOKEN_MISSING")
async def nothing_scanned(scene: Scene) -> list[str]:
    return await scene.arriving(token=None)


@situation("WRONG_HOUSEHOLD")
async def the_neighbours_card(scene: Scene) -> list[str]:
    neighbour = await print_code(scene.world.couple_home)
    return await scene.arriving(token=neighbour.token)


@situation("ELDER_UNCLEAR NO_PLANNED_VISIT")
async def a_couple_and_nobody_named(scene: Scene) -> list[str]:
    home = await print_code(scene.world.couple_home)
    return await scene.codes(scene.phone.event("check_in", token=home.token))


@situation("WRONG_HOUSEHOLD")
async def an_elder_who_lives_elsewhere(scene: Scene) -> list[str]:
    visit = await planned(scene.world, scene.world.husband)
    return await scene.codes(arrive(scene.phone, visit, scene.world.husband, scene.card.token))


@situation("NOT_ASSIGNED")
async def somebody_elses_visit(scene: Scene) -> list[str]:
    return await scene.arriving({"caregivers": [scene.world.colleague]})


@situation("NO_PLANNED_VISIT")
async def a_walk_in(scene: Scene) -> list[str]:
    await scene.world.add_plan_item(scene.world.elder)
    return await scene.codes(walk_in(scene.phone, "check_in", scene.world.elder, scene.card.token))


@situation("OUTSIDE_WINDOW")
async def half_an_hour_early(scene: Scene) -> list[str]:
    return await scene.arriving({"start": clock.now() + timedelta(minutes=30)})


@situation("FAR_OUTSIDE_WINDOW")
async def three_hours_late(scene: Scene) -> list[str]:
    return await scene.arriving({"start": clock.now() - timedelta(hours=4), "minutes": 60})


@situation("PLAN_NOT_ACTIVE")
async def a_suspended_plan(scene: Scene) -> list[str]:
    visit = await scene.visit()
    row = await visit_row(visit)
    plan = (await fetch_plan(row["plan_item"]))[0]["plan"]
    await PlanState.insert(
        PlanState(
            plan=plan, state="suspended", valid_from=clock.today(), recorded_at=clock.now() + timedelta(seconds=1)
        )
    )
    return await scene.codes(arrive(scene.phone, visit, scene.world.elder, scene.card.token))


async def fetch_plan(item: object):
    return await fetch("SELECT plan FROM plan_item WHERE id = $1", item)


@situation("ITEM_NOT_IN_PLAN")
async def a_service_that_nobody_agreed(scene: Scene) -> list[str]:
    visit = await scene.world.add_visit(scene.world.elder, service_type="cleaning", content="laundry")
    return await scene.codes(arrive(scene.phone, visit, scene.world.elder, scene.card.token))


@situation("CARERS_MISSING")
async def one_of_two_came(scene: Scene) -> list[str]:
    return await scene.leaving({"carers_needed": 2})


@situation("MONTH_QUOTA_REACHED")
async def the_month_is_used_up(scene: Scene) -> list[str]:
    item = await scene.world.add_plan_item(scene.world.elder, max_per_month=1)
    done = clock.at(clock.today().replace(day=1), time(0, 30))
    await scene.world.add_visit(
        scene.world.elder, plan_item=item, start=done, op_state="completed", started_at=done, ended_at=done, ordinal=9
    )
    visit = await scene.world.add_visit(scene.world.elder, plan_item=item)
    return await scene.codes(arrive(scene.phone, visit, scene.world.elder, scene.card.token))


@situation("QUALIFICATION_MISSING")
async def a_bath_without_certificate(scene: Scene) -> list[str]:
    await Qualification.update({Qualification.valid_until: clock.today() - timedelta(days=1)}).where(
        Qualification.caregiver == scene.world.caregiver,
        Qualification.kind.is_in(["nurse_licence", "care_worker_certificate"]),
    )
    return await scene.arriving({"service_type": "bathing", "content": "bath_at_home"})


@situation("AGREEMENT_NOT_IN_FORCE")
async def the_agreement_has_ended(scene: Scene) -> list[str]:
    await ServiceAgreement.update({ServiceAgreement.valid_to: clock.today()}).where(
        ServiceAgreement.elder == scene.world.elder
    )
    return await scene.arriving()


@situation("OUT_OF_AREA")
async def another_subdistrict(scene: Scene) -> list[str]:
    await CooperationAgreement.update(
        {CooperationAgreement.coverage_areas: [scene.world.other_subdistrict]}, force=True
    )
    return await scene.arriving()


@situation("TYPE_NOT_CONTRACTED")
async def a_type_that_is_not_contracted(scene: Scene) -> list[str]:
    await CooperationAgreement.update({CooperationAgreement.service_types: ["cleaning"]}, force=True)
    return await scene.arriving()


@situation("PROVIDER_STANDING")
async def a_suspended_provider(scene: Scene) -> list[str]:
    await ProviderStanding.insert(
        ProviderStanding(
            provider=scene.world.provider, status="suspended", valid_from=clock.today(), recorded_at=clock.now()
        )
    )
    return await scene.arriving()


@situation("PROVIDER_STANDING")
async def an_expired_licence(scene: Scene) -> list[str]:
    await Provider.update({Provider.licence_until: clock.today() - timedelta(days=1)}, force=True)
    return await scene.arriving()


@situation("ELDER_ABSENT_STATUS")
async def in_hospital(scene: Scene) -> list[str]:
    await scene.world.add_status(scene.world.elder, "hospital_stay", since=clock.today())
    return await scene.arriving()


@situation("")
async def home_from_hospital_today(scene: Scene) -> list[str]:
    since = clock.today() - timedelta(days=9)
    await scene.world.add_status(scene.world.elder, "hospital_stay", since=since, until=clock.today())
    return await scene.arriving()


@situation("ELDER_DECEASED")
async def deceased(scene: Scene) -> list[str]:
    await scene.world.add_status(scene.world.elder, "deceased", since=clock.today() - timedelta(days=2))
    return await scene.arriving()


@situation("ALREADY_IN_PROGRESS")
async def twice_in(scene: Scene) -> list[str]:
    visit = await scene.visit()
    first = arrive(scene.phone, visit, scene.world.elder, scene.card.token)
    return await scene.codes(first, arrive(scene.phone, visit, scene.world.elder, scene.card.token))


@situation("NOT_CHECKED_IN")
async def out_without_in(scene: Scene) -> list[str]:
    return await scene.codes(leave(scene.phone, await scene.visit(), scene.world.elder, scene.card.token))


@situation("OVERLAP")
async def in_two_homes_at_once(scene: Scene) -> list[str]:
    other = await print_code(scene.world.couple_home)
    item = await scene.world.add_plan_item(scene.world.wife)
    elsewhere = await scene.world.add_visit(scene.world.wife, plan_item=item)
    await scene.codes(arrive(scene.phone, elsewhere, scene.world.wife, other.token))
    return await scene.arriving()


@situation("PROCEDURE_MISSING")
async def a_bath_without_the_procedure(scene: Scene) -> list[str]:
    return await scene.leaving({"service_type": "bathing", "content": "bath_at_home"}, tasks=["bath"])


@situation("EMERGENCY_NOT_ACKNOWLEDGED")
async def the_emergency_page_was_not_read(scene: Scene) -> list[str]:
    return await scene.leaving(acknowledged=[])


@situation("TASKS_MISSING")
async def nothing_was_done(scene: Scene) -> list[str]:
    return await scene.leaving(tasks=[])


@situation("TOO_SHORT")
async def two_minutes(scene: Scene) -> list[str]:
    return await scene.leaving({"min_minutes": 3}, minutes=2)


@situation("TOO_LONG")
async def all_afternoon(scene: Scene) -> list[str]:
    return await scene.leaving({"max_minutes": 60}, minutes=61)


@situation("VISIT_RENAMED")
async def the_visit_is_not_there_under_its_name(scene: Scene) -> list[str]:
    await scene.visit()
    return await scene.codes(arrive(scene.phone, uuid4(), scene.world.elder, scene.card.token))
