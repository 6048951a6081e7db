"""What the office does for an elder's family: consent recorded and withdrawn, invitations, links ended."""

from datetime import date
from uuid import UUID

from doorstep.core import clock, opaque, qr, vault
from doorstep.core.ids import uuid7
from doorstep.core.problems import FieldError, InputInvalid, NotAllowed, NotFound, Problem
from doorstep.db.engine import unit_of_work
from doorstep.db.tables.families import Consent, FamilyInvite
from doorstep.families import codes, linked, rules, store
from doorstep.families.linked import end
from doorstep.families.rules import Agreed
from doorstep.families.telling import tell, tell_of_links
from doorstep.families.wire_office import (
    ConsentView,
    ElderFamily,
    FamilyLinkView,
    Invite,
    NewConsent,
    NewInvite,
    OpenInvite,
)
from doorstep.identity.wire import SYSTEM, Actor
from doorstep.plans import service as plans

_GIVER = "consent.giver_name"
WITHDRAWN = "consent_withdrawn"


class ConsentMissing(Problem):
    """Nobody sees an elder's visits without the elder's consent."""

    code = "CONSENT_MISSING"


class ConsentEnded(Problem):
    """The consent was withdrawn from an earlier day on; only a new one brings access back."""

    code = "CONSENT_ENDED"


class InviteUsed(Problem):
    """It has made a link already; that is what can be ended."""

    code = "INVITE_USED"


async def elder_family(actor: Actor, elder_id: UUID) -> ElderFamily:
    """An elder's consents, links and open invitations.

    :raises NotFound: if there is no such elder in the actor's scope.
    """
    elder = await plans.elder_to_read(actor, elder_id)
    agreed, safe = await store.agreed(actor, elder_id), vault.current()
    consents = [
        ConsentView(
            giver_name=safe.open(row["giver_name"], _GIVER) if row["giver_name"] else None,
            in_force=Agreed(row["given_on"], row["withdrawn_on"]).covers(clock.today()),
            recorded_by=row["recorded_by_name"],
            **{name: row[name] for name in _OF_CONSENT},
        )
        for row in await store.consents(actor, elder_id)
    ]
    links = [
        FamilyLinkView(
            name=safe.open(row["name"], codes.MEMBER),
            state="ended"
            if row["ended_at"]
            else "live"
            if linked.stands(agreed, row["created_at"])
            else "without_consent",
            **{name: row[name] for name in _OF_LINK},
        )
        for row in await store.links(actor, elder_id)
    ]
    invites = [
        OpenInvite(name=safe.open(row["name"], codes.INVITED), **{name: row[name] for name in _OF_INVITE})
        for row in await store.open_invites(actor, elder_id)
        if linked.stands(agreed, row["created_at"])
    ]
    stands = rules.in_force(agreed, clock.today())
    state = "in_force" if stands else "ended" if agreed else "none"
    return ElderFamily(
        elder_id=elder_id, may_act=elder.acts, consent=state, consents=consents, links=links, invites=invites
    )


_OF_CONSENT = (
    *("id", "purpose", "given_by", "given_on", "text_version", "withdrawn_on", "recorded_at"),
    "withdrawal_recorded_at",
)
_OF_LINK = ("id", "relation", "created_at", "ended_at", "ended_reason", "last_seen_at")
_OF_INVITE = ("id", "relation", "created_at", "expires_at")


async def record_consent(actor: Actor, elder_id: UUID, new: NewConsent) -> ElderFamily:
    """Records what the elder has signed.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises InputInvalid: if it is of a day to come.
    """
    if new.given_on > clock.today():
        raise _invalid("given_on", "不能晚于今天", "must not lie after today")
    row = Consent(
        id=uuid7(),
        elder=elder_id,
        purpose=new.purpose,
        given_by=new.given_by,
        giver_name=vault.current().seal(new.giver_name, _GIVER) if new.giver_name else None,
        text_version=new.text_version,
        given_on=new.given_on,
        recorded_at=clock.now(),
        recorded_by=actor.account_id,
    )
    async with unit_of_work():
        elder = await plans.elder_in_scope(actor, elder_id)
        await store.insert_consent(actor, row)
        data = {"consent": str(row.id), "given_on": new.given_on.isoformat()}
        await tell("consent.given", elder, actor, data)
    return await elder_family(actor, elder_id)


async def withdraw_consent(actor: Actor, consent_id: UUID, withdrawn_on: date) -> ElderFamily:
    """From this day on nobody sees anything by this consent. The day may lie in the past: notices come late.

    :raises NotFound: if there is no such consent of an elder in the actor's scope.
    :raises InputInvalid: if it was not given yet on that day.
    :raises ConsentEnded: if it was withdrawn from an earlier day on.
    """
    async with unit_of_work():
        row = await store.consent(actor, consent_id)
        if row is None:
            raise NotFound
        elder = await plans.elder_to_read(actor, row["elder"])
        if withdrawn_on < row["given_on"]:
            raise _invalid("withdrawn_on", "不能早于同意的日期", "must not lie before the day on which it was given")
        if row["withdrawn_on"] is not None and row["withdrawn_on"] < withdrawn_on:
            raise ConsentEnded
        if row["withdrawn_on"] != withdrawn_on:
            await store.withdraw_consent(actor, consent_id, withdrawn_on)
            await _end_broken(actor, elder)
            data = {"consent": str(consent_id), "withdrawn_on": withdrawn_on.isoformat()}
            await tell("consent.withdrawn", elder, actor, data)
    return await elder_family(actor, elder.id)


async def _end_broken(actor: Actor, elder: plans.ElderOfScope) -> None:
    """What was made under a consent that is over is over for good: a new one, even of today, brings nothing back.

    Nor does one that is in force since a later day, when the withdrawal becomes known.
    """
    agreed = await store.agreed(actor, elder.id)
    for row in await store.open_invites(actor, elder.id):
        if not linked.stands(agreed, row["created_at"]):
            await store.revoke_invite(actor, row["id"])
    links = [row for row in await store.links(actor, elder.id) if row["ended_at"] is None]
    broken = [row["id"] for row in links if not linked.stands(agreed, row["created_at"])]
    for row in await end(actor, await store.end_links(actor, broken, WITHDRAWN)):
        await tell("family.link_ended", elder, actor, {"link": str(row["id"])})


def _invalid(field: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(errors=[FieldError(field=field, message=zh, message_en=en)])


async def invite(actor: Actor, elder_id: UUID, new: NewInvite, *, public_url: str) -> Invite:
    """A one-time link and code for somebody of the elder's family.

    :raises NotFound: if there is no such elder in the actor's scope.
    :raises ConsentMissing: if the elder has not agreed, or not any more.
    """
    if actor.account_id is None:
        raise NotAllowed
    secret, code = opaque.new_secret(rules.SECRET_LENGTH), opaque.new_secret(rules.CODE_LENGTH)
    now = clock.now()
    row = FamilyInvite(
        id=uuid7(),
        elder=elder_id,
        name=vault.current().seal(new.name, codes.INVITED),
        relation=new.relation,
        secret_sha256=opaque.digest(secret),
        code_fingerprint=codes.fingerprint(code),
        created_by=actor.account_id,
        created_at=now,
        expires_at=now + rules.INVITE_LIFE,
    )
    async with unit_of_work():
        elder = await plans.elder_in_scope(actor, elder_id)
        if not rules.in_force(await store.agreed(actor, elder_id), clock.today()):
            raise ConsentMissing
        await store.insert_invite(actor, row)
        await tell("family.invited", elder, actor, {"invite": str(row.id)})
    host = public_url.rstrip("/")
    return Invite(
        id=row.id,
        url=f"{host}/F/{secret}",
        code=rules.printed_code(code),
        # Upper case keeps the QR code in its denser alphanumeric mode.
        qr_svg=qr.svg(f"{host.upper()}/F/{secret}"),
        expires_at=row.expires_at,
    )


async def revoke_invite(actor: Actor, invite_id: UUID) -> None:
    """Nobody can use it any more. Taking it back again changes nothing.

    :raises NotFound: if there is no such invitation for an elder in the actor's scope.
    :raises InviteUsed: if it has made a link.
    """
    async with unit_of_work():
        row = await store.invite(actor, invite_id)
        if row is None:
            raise NotFound
        elder = await plans.elder_to_read(actor, row.elder)
        if row.used_at is not None:
            raise InviteUsed
        await store.revoke_invite(actor, invite_id)
        data = {"invite": str(invite_id)}
        await tell("family.invite_revoked", elder, actor, data)


async def end_link(actor: Actor, link_id: UUID, reason: str) -> None:
    """The member does not see this elder any more. Ending it again changes nothing.

    :raises NotFound: if there is no such link to an elder in the actor's scope.
    """
    async with unit_of_work():
        row = await store.link(actor, link_id)
        if row is None:
            raise NotFound
        elder = await plans.elder_to_read(actor, row["elder"])
        if await end(actor, await store.end_links(actor, [link_id], reason)):
            data = {"link": str(link_id)}
            await tell("family.link_ended", elder, actor, data)


async def end_lapsed() -> int:
    """Ends links whose consent was interrupted, also on a day that was known before; answers how many.

    Nobody sees anything by them since that day began: this is for what is told without being asked.
    """
    async with unit_of_work():
        ids = [row["id"] for row in await store.withdrawn(SYSTEM, clock.today()) if not linked.standing(row)]
        ended = await end(SYSTEM, await store.end_links(SYSTEM, ids, WITHDRAWN)) if ids else []
        for row in ended:
            await tell_of_links("family.link_ended", {row["elder"]: row["id"]}, row["member"])
    return len(ended)
