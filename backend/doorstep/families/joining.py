"""How a family's device joins by a link or code, who it then is, and how it leaves."""

from collections.abc import Sequence
from uuid import UUID

from doorstep.core import clock, opaque, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import NotAllowed, NotSignedIn, Problem
from doorstep.db import audit
from doorstep.db.audit import Trail
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.families import FamilyInvite, FamilyMember
from doorstep.families import codes, feedback_store, linked, rules, store
from doorstep.families.telling import lies_where, tell_of_links
from doorstep.families.wire import FamilyJoined, FamilyMe, FamilyMemberName, FamilyRedemption, NewAnswer
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM, Actor, Role

LEFT, RENEWED = "left", "renewed"


class InviteInvalid(Problem):
    """Unknown, used, expired, taken back or without consent: who tries it is not told which."""

    code = "INVITE_INVALID"


async def redeem(redemption: FamilyRedemption, *, session_token: str | None) -> tuple[str | None, FamilyJoined]:
    """Lets the device of a link or code see its elder; answers the token of a new session, None if it had one.

    :raises InviteInvalid: if it cannot be used, or not any more.
    :raises LoginLocked: if too many codes were typed within the hour.
    """
    known = await identity.actor_of(session_token) if session_token else None
    member = known.family_member_id if known is not None else None
    secret, code = redemption.secret, redemption.code
    if code is not None:
        hour = clock.now().isoformat(timespec="hours")
        key = vault.current().fingerprint(hour, "family_invite.hour")
        await identity.count_attempt(key, rules.pause_after_codes)
    attempt = opaque.digest(redemption.attempt) if redemption.attempt else None
    token = None
    async with unit_of_work():
        row = await store.invite_by(
            SYSTEM,
            secret_sha256=opaque.digest(opaque.as_crockford(secret)) if secret is not None else None,
            code=codes.fingerprint(opaque.as_crockford(code)) if code is not None else None,
        )
        if row is None:
            raise InviteInvalid
        agreed = await store.agreed(SYSTEM, row.elder)
        if not linked.stands(agreed, row.created_at):
            raise InviteInvalid
        if row.used_at is None:
            member = await _join(row, member, agreed, attempt)
        else:
            _may_ask_again(row, attempt)
            await _begin_trail(row, row.member)
            member = member if member == row.member else None
        if member is None or known is None or known.family_member_id != member:
            member = member or row.member
            token = await identity.open_family_session(member)
    reader = Actor(role=Role.FAMILY, family_member_id=member)
    mine = await me(reader)
    return token, FamilyJoined(
        elder_id=row.elder,
        member=mine.member,
        elders=mine.elders,
        large_type=mine.large_type,
        answers=mine.answers,
    )


async def _begin_trail(row: FamilyInvite, member: UUID | None) -> None:
    """Whatever is told of or not, the first time and when it is asked again: the row lies where the invitation does."""
    audit.begin(Trail(operation="redeem_invite", role=Role.FAMILY.value, person=member, subject=row.elder))
    await lies_where(row)


def _may_ask_again(row: FamilyInvite, attempt: bytes | None) -> None:
    """A device that never got its answer asks again; only what it had made up itself lets it in."""
    again = attempt is not None and attempt == row.attempt_sha256
    if not again or row.used_at is None or clock.now() - row.used_at > rules.ANSWER_AGAIN:
        raise InviteInvalid


async def _join(row: FamilyInvite, member: UUID | None, agreed: Sequence[rules.Agreed], attempt: bytes | None) -> UUID:
    """Makes the link, for the member of the device or a new one; what was made under an older consent is over."""
    now = clock.now()
    if row.revoked_at is not None or row.expires_at <= now:
        raise InviteInvalid
    if member is None:
        member, name = uuid7(), vault.current().open(row.name, codes.INVITED)
        sealed = vault.current().seal(name, codes.MEMBER)
        await store.insert_member(SYSTEM, FamilyMember(id=member, name=sealed, large_type=True, created_at=now))
    await _begin_trail(row, member)
    for link in await store.live_links(SYSTEM, member):
        if link["elder"] == row.elder and not linked.stands(agreed, link["created_at"]):
            await linked.end(SYSTEM, await store.end_links(SYSTEM, [link["id"]], RENEWED))
    await store.use_invite(SYSTEM, row.id, member=member, attempt_sha256=attempt)
    link_id = uuid7()
    if await store.put_link(SYSTEM, member=member, elder=row.elder, relation=row.relation, invite=row.id, id=link_id):
        await tell_of_links("family.linked", {row.elder: link_id}, member)
    return member


async def me(actor: Actor) -> FamilyMe:
    """Who reads, whom they may see today, and which answers are new."""
    person = await store.member(actor)
    if person is None:
        raise NotSignedIn
    elders = await linked.elders(actor)
    seen = {one.id for one in elders}
    return FamilyMe(
        member=FamilyMemberName(name=vault.current().open(person.name, codes.MEMBER)),
        elders=elders,
        large_type=person.large_type,
        answers=[
            NewAnswer(
                feedback_id=row["id"], visit_id=row["visit"], elder_id=row["elder"], answered_at=row["answered_at"]
            )
            for row in await feedback_store.unseen(actor)
            if row["elder"] in seen
        ],
    )


async def set_large_type(actor: Actor, large: bool) -> None:
    """How the pages look to this member."""
    async with unit_of_work():
        await store.set_large_type(actor, large)


async def leave(actor: Actor) -> None:
    """This device gives up what it may see: nobody can use its links any more."""
    if actor.family_member_id is None:
        raise NotAllowed
    async with unit_of_work():
        ids = [row["id"] for row in await store.live_links(actor, actor.family_member_id)]
        over = await linked.end(actor, await store.end_links(actor, ids, LEFT))
        ended = {row["elder"]: row["id"] for row in over}
        await identity.close_family_sessions(actor.family_member_id)
        await tell_of_links("family.link_ended", ended, actor.family_member_id)
