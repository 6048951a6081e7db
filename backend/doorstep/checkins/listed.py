"""One day of a caregiver, whole: what the phones asked for before they carried their days."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from doorstep.checkins import day as carried
from doorstep.checkins.door_wire import DoorDay, ListedCall
from doorstep.core import anchors, clock
from doorstep.core.problems import NotSignedIn
from doorstep.db.engine import fetch
from doorstep.identity.wire import Actor, Named
from doorstep.plans import catalogue
from doorstep.visits import service as visits


async def day(actor: Actor, wanted: date | None, *, emergency_numbers: Sequence[str]) -> DoorDay:
    """The day of the caregiver who asks. More than eight days ahead or behind is nobody's business on a phone."""
    if actor.caregiver_id is None or actor.device_id is None:
        raise NotSignedIn
    today = clock.today()
    chosen = min(max(wanted or today, today - timedelta(days=8)), today + timedelta(days=8))
    who = (await fetch(carried.WHO, actor.device_id))[0]
    found = [
        call
        for call in await visits.calls_of_caregiver(actor, chosen - timedelta(days=1), chosen)
        if call.day == chosen or call.visit.op_state == "in_progress"
    ]
    salts: dict[UUID, bytes] = {}
    events = await carried.own_events(actor.caregiver_id, [call.visit.id for call in found])
    listed = []
    for call in found:
        visit = carried.with_card(call.visit, call.token_sha256, salts)
        fields = {name: getattr(visit, name) for name in visit.__struct_fields__}
        fields |= {
            "tasks": list(catalogue.tasks_of(visit.content)),
            "emergency_procedure": catalogue.emergency_procedure(visit.emergency_procedure.partition("@")[0]),
            "safety_procedure": catalogue.safety_procedure(visit.service_type, visit.content),
        }
        listed.append(ListedCall(**fields, events=events.get(visit.id, [])))
    return DoorDay(
        day=chosen,
        server_time=clock.now(),
        anchor=anchors.issue(actor.device_id),
        caregiver=Named(id=actor.caregiver_id, name=who["caregiver"]),
        provider=carried.care_office(who),
        emergency_numbers=list(emergency_numbers),
        visits=listed,
    )
