"""Sessions, tickets and enrolled phones written straight into the tables: for tests that are about something else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from doorstep.core import anchors, clock, opaque, vault
from doorstep.core.ids import uuid7
from doorstep.db.tables.families import Consent, FamilyInvite, FamilyLink, FamilyMember
from doorstep.db.tables.organisations import Provider
from doorstep.db.tables.people import Account, Caregiver, Device, EnrolmentTicket, Session
from support.phone import Phone
from support.world import World

OFFICE_ROLES = ("dispatcher", "manager", "officer", "auditor", "admin")


async def office_token(account: UUID) -> str:
    """A live session of an existing office account."""
    return await _session(account=account, life=timedelta(hours=12))


async def sign_in(world: World, role: str) -> dict[str, str]:
    """The header of somebody new with this role (scope as `World.add_account` gives it)."""
    return {"Authorization": f"Bearer {await office_token(await world.add_account(role))}"}


async def ticket(caregiver: UUID, created_by: UUID, *, minutes: int = 10) -> str:
    """The secret of a new enrolment ticket."""
    secret = opaque.new_secret()
    await EnrolmentTicket.insert(
        EnrolmentTicket(
            caregiver=caregiver,
            secret_sha256=opaque.digest(secret),
            created_by=created_by,
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(minutes=minutes),
        )
    )
    return secret


async def device_token(caregiver: UUID) -> str:
    """A live session of a caregiver's phone, enrolled when there is none."""
    known = await Device.select(Device.id).where(Device.caregiver == caregiver, Device.revoked_at.is_null()).first()
    if known is None:
        return (await phone_of(caregiver)).token
    return await _session(device=known["id"], life=timedelta(days=400))


async def phone_of(caregiver: UUID, **fields: Any) -> Phone:
    """An enrolled phone of a caregiver, without the HTTP of its enrolment. An older one of theirs is left as it is."""
    phone = Phone(**fields)
    device = uuid7()
    person = await Caregiver.objects(Caregiver.provider).get(Caregiver.id == caregiver)
    assert person is not None
    provider: Provider = person.provider  # pyright: ignore[reportAssignmentType]
    await Device.insert(
        Device(id=device, caregiver=caregiver, public_key=phone.point(), platform="test", enrolled_at=clock.now())
    )
    phone.learn(
        {
            "device_id": str(device),
            "token": await _session(device=device, life=timedelta(days=400)),
            "caregiver": {"id": str(caregiver), "name": person.name},
            "provider": {"id": str(provider.id), "name": provider.name},
            "anchor": anchors.issue(device),
        }
    )
    return phone


async def family_token(*elders: UUID) -> str:
    """A live session of a new family member who is linked to these elders, each with a consent of today."""
    member, account = uuid7(), await _clerk()
    await FamilyMember.insert(
        FamilyMember(id=member, name=vault.current().seal("龚晓梅", "family_member.name"), created_at=clock.now())
    )
    for elder in elders:
        await agree(elder, account)
        await link_family(member, elder, account)
    return await _session(family_member=member, life=timedelta(days=400))


async def agree(elder: UUID, account: UUID, **values: Any) -> UUID:
    """A consent of the elder that the family may see the visits, given today."""
    row = Consent(
        **{
            "elder": elder,
            "purpose": "family_view",
            "given_by": "self",
            "text_version": "2026-11",
            "given_on": clock.today(),
            "recorded_at": clock.now(),
            "recorded_by": account,
            **values,
        }
    )
    await Consent.insert(row)
    return row.id


async def link_family(member: UUID, elder: UUID, account: UUID) -> UUID:
    """The link of a member to an elder, with the invitation that it came from."""
    safe, now = vault.current(), clock.now()
    invite = FamilyInvite(
        elder=elder,
        name=safe.seal("龚晓梅", "family_invite.name"),
        relation="女儿",
        secret_sha256=opaque.digest(opaque.new_secret()),
        created_by=account,
        created_at=now,
        expires_at=now + timedelta(hours=48),
        used_at=now,
        member=member,
    )
    await FamilyInvite.insert(invite)
    link = FamilyLink(member=member, elder=elder, relation="女儿", invite=invite.id, created_at=now)
    await FamilyLink.insert(link)
    return link.id


async def _clerk() -> UUID:
    """Somebody in the office who wrote down consent and invitation."""
    row = Account(role="admin", display_name="登记员", login=str(uuid7()), password_hash="!", created_at=clock.now())
    await Account.insert(row)
    return row.id


async def _session(
    *, account: UUID | None = None, device: UUID | None = None, family_member: UUID | None = None, life: timedelta
) -> str:
    token, now = opaque.new_token(), clock.now()
    row = Session(
        token_sha256=opaque.digest(token),
        account=account,
        device=device,
        family_member=family_member,
        created_at=now,
        last_seen_at=now,
        expires_at=now + life,
    )
    await Session.insert(row)
    return token
