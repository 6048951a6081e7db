"""Whom a family member may see today: the elders of live links whose consent was never interrupted since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from doorstep.core import clock, vault
from doorstep.core.problems import NotFound
from doorstep.families import rules, store
from doorstep.families.rules import Agreed
from doorstep.families.wire import LinkedElder
from doorstep.identity.wire import Actor


def stands(consents: Sequence[Agreed], made_at: datetime) -> bool:
    """Whether what was made under the consent of that moment still counts today."""
    return rules.unbroken(consents, clock.civil_date(made_at), clock.today())


async def elders(actor: Actor) -> list[LinkedElder]:
    """The elders that the member who asks may see, in the order in which they were linked."""
    found = []
    for row in await store.my_links(actor):
        consents = [Agreed(given, end) for given, end in zip(row["given"], row["withdrawn"], strict=True)]
        if stands(consents, row["created_at"]):
            name = vault.current().open(row["name"], "elder.name")
            found.append(LinkedElder(id=row["elder"], name=name, relation=row["relation"]))
    return found


async def check(actor: Actor, elder: UUID) -> None:
    """Anybody else's elder is not found, as if there were none.

    :raises NotFound: if the member who asks may not see this elder today.
    """
    if all(one.id != elder for one in await elders(actor)):
        raise NotFound
