"""Whom a family member may see today: the elders of live links whose consent was never interrupted since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from doorstep.core import clock, vault
from doorstep.core.problems import NotFound
from doorstep.families import rules, store
from doorstep.families.rules import Agreed
from doorstep.families.wire import LinkedElder
from doorstep.identity.wire import Actor
from doorstep.reminders import service as reminders


def stands(consents: Sequence[Agreed], made_at: datetime) -> bool:
    """Whether what was made under the consent of that moment still counts today."""
    return rules.unbroken(consents, clock.civil_date(made_at), clock.today())


def standing(link: Record) -> bool:
    """Whether a live link, read with all consents of its elder, still counts today."""
    agreed = [Agreed(given, end) for given, end in zip(link["given"], link["withdrawn"], strict=True)]
    return stands(agreed, link["created_at"])


async def elders(actor: Actor) -> list[LinkedElder]:
    """The elders that the member who asks may see, in the order in which they were linked."""
    found = []
    watched = await reminders.watched(actor, actor.family_member_id) if actor.family_member_id else {}
    for row in await store.my_links(actor):
        if standing(row):
            name = vault.current().open(row["name"], "elder.name")
            watch = watched.get(row["elder"], [])
            found.append(LinkedElder(id=row["elder"], name=name, relation=row["relation"], watch=watch))
    return found


async def check(actor: Actor, elder: UUID) -> None:
    """Anybody else's elder is not found, as if there were none.

    :raises NotFound: if the member who asks may not see this elder today.
    """
    for row in await store.my_links(actor):
        if row["elder"] == elder and standing(row):
            return
    raise NotFound


async def end(actor: Actor, ended: list[Record]) -> list[Record]:
    """After links were ended, in the same unit of work: their members are told nothing more of these elders."""
    for row in ended:
        await reminders.unwatch(actor, row["member"], row["elder"])
    return ended
