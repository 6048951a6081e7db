"""What goes over the wire as the service register: a row for each served visit."""

from datetime import date, datetime
from uuid import UUID

import msgspec


class RegisterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Time, place, elder and contact of one served visit: 朝民发〔2017〕37号 附件2. Telephone numbers may be masked.

    `manual`: something of it was entered by hand.
    """

    visit_id: UUID
    started_at: datetime
    ended_at: datetime
    minutes: int
    elder: str
    contact: str | None
    place: str
    community: str
    service_type: str
    content: str
    caregivers: list[str]
    provider: str
    grade: str | None
    verify_state: str
    manual: bool


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the register of [since, until), in the order in which the visits began; `total` is of all pages."""

    since: date
    until: date
    total: int
    items: list[RegisterEntry]
    next: str | None
