"""How a family member is told what they asked for: which elders, which browser, what they have seen."""

from uuid import UUID

from doorstep.core.problems import NotSignedIn
from doorstep.db.engine import unit_of_work
from doorstep.families import linked
from doorstep.families.wire import FamilyWatch
from doorstep.identity.wire import Actor
from doorstep.reminders import service as reminders
from doorstep.reminders.service import NewSubscription, Owner, PushState, WatchKind
from doorstep.reminders.wire import DueList, Seen
from doorstep.settings import Settings

_KINDS: tuple[WatchKind, ...] = ("arrived", "left", "changed")


def _member(actor: Actor) -> UUID:
    if actor.family_member_id is None:
        raise NotSignedIn
    return actor.family_member_id


def _owner(actor: Actor) -> Owner:
    return Owner(audience="family", person=_member(actor), session=actor.session_id)


async def watch(actor: Actor, elder: UUID, wanted: FamilyWatch) -> FamilyWatch:
    """What the member wants to be told of an elder's visits from now on.

    :raises NotFound: if the member may not see this elder.
    """
    kinds: list[WatchKind] = [kind for kind in _KINDS if getattr(wanted, kind)]
    async with unit_of_work():
        await linked.check(actor, elder)
        await reminders.watch(actor, _member(actor), elder, kinds)
    return wanted


async def push(actor: Actor, settings: Settings) -> PushState:
    """Where this browser's subscription stands."""
    return await reminders.push_state(actor, settings, _owner(actor))


async def put_push(actor: Actor, new: NewSubscription, settings: Settings) -> PushState:
    """Stores this browser's subscription."""
    return await reminders.put_push(actor, new, settings, _owner(actor))


async def remove_push(actor: Actor) -> None:
    """Ends this browser's subscription."""
    await reminders.remove_push(actor, _owner(actor))


async def due(actor: Actor) -> DueList:
    """What the member was told and has not acknowledged."""
    return await reminders.due_of(actor, _member(actor), "family")


async def seen(actor: Actor, report: Seen) -> None:
    """What this browser has shown."""
    await reminders.seen_by(actor, _member(actor), report)
