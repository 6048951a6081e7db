"""What goes over the wire about an elder's family for the office: consent, invitations, links."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from doorstep.core.text import NO_CONTROL, Line

GivenBy = Literal["self", "guardian", "agent"]
Relation = Annotated[str, Meta(min_length=1, max_length=20, pattern=NO_CONTROL)]


class NewConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the elder, or somebody for the elder, has signed; `text_version` names the printed text."""

    purpose: Literal["family_view"]
    given_by: GivenBy
    giver_name: Line | None = None
    given_on: date
    text_version: Line

    def __post_init__(self) -> None:
        if self.given_by != "self" and self.giver_name is None:
            raise ValueError("giver_name is needed of a guardian or agent")


class ConsentEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first day without consent; it may lie in the past, when the notice came late."""

    withdrawn_on: date


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """One consent as recorded. `in_force`: whether it counts today."""

    id: UUID
    purpose: str
    given_by: str
    giver_name: str | None
    given_on: date
    text_version: str
    withdrawn_on: date | None
    in_force: bool
    recorded_at: datetime
    recorded_by: str
    withdrawal_recorded_at: datetime | None


class FamilyLinkView(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see the elder. `state`: live, ended (by the office or the family), without_consent."""

    id: UUID
    name: str
    relation: str
    created_at: datetime
    state: Literal["live", "ended", "without_consent"]
    ended_at: datetime | None
    ended_reason: str | None
    last_seen_at: datetime | None


class OpenInvite(msgspec.Struct, frozen=True, kw_only=True):
    """A link or code that nobody has used yet."""

    id: UUID
    name: str
    relation: str
    created_at: datetime
    expires_at: datetime


class ElderFamily(msgspec.Struct, frozen=True, kw_only=True):
    """An elder's family as the office sees it. `consent`: whether there is one in force today.

    `may_act`: whether the reader may record a consent and invite; taking back is open to whoever reads.
    """

    elder_id: UUID
    may_act: bool
    consent: Literal["none", "in_force", "ended"]
    consents: list[ConsentView]
    links: list[FamilyLinkView]
    invites: list[OpenInvite]


class NewInvite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom a link is made: the name as the station knows it, and what they are to the elder."""

    name: Line
    relation: Relation


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link and code. Neither can be read again."""

    id: UUID
    url: str
    code: str
    qr_svg: str
    expires_at: datetime


class LinkEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody may no longer see an elder."""

    reason: Line
