"""Changes around consent and links, for the offices that serve the elder: ids and days, never names."""

from collections.abc import Sequence
from uuid import UUID

from doorstep.db import audit, changes
from doorstep.db.changes import NewChange
from doorstep.db.tables.families import FamilyInvite
from doorstep.families import store
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.plans.service import ElderOfScope


async def tell(kind: str, elder: ElderOfScope, actor: Actor, data: dict[str, str]) -> None:
    """What an account did for an elder."""
    by = {"by": str(actor.account_id)} if actor.account_id else {}
    await changes.record_all(_told(kind, elder.id, elder.provider_ids, elder.area_id, data | by))


async def tell_of_links(kind: str, links: dict[UUID, UUID], member: UUID) -> None:
    """What a member did with links, by elder."""
    for row in await store.providers_of(SYSTEM, list(links)):
        data = {"link": str(links[row["id"]]), "member": str(member)}
        await changes.record_all(_told(kind, row["id"], row["providers"], row["area"], data))


async def lies_where(invite: FamilyInvite) -> None:
    """The audit row of this request lies with the office that made the invitation, where the elder lives."""
    for row in await store.whence(SYSTEM, invite.id):
        audit.about(invite.elder, provider=row["provider"], area=row["area"])


def _told(kind: str, elder: UUID, providers: Sequence[UUID], area: UUID, data: dict[str, str]) -> list[NewChange]:
    """One change for each provider that serves the elder, or one for the area alone."""
    return [
        NewChange(kind=kind, subject=elder, data=data, provider=provider, area=area)
        for provider in (providers or [None])
    ]
