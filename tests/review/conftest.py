"""A phone and a card, people of the office, and visits that wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from support.door import Hands, arrive, leave, planned, standing_clock, visit_row
from support.phone import Phone
from support.sign_in import office_token, phone_of
from support.world import HOME, World

API = "/api/v1"


@dataclass
class Desk:
    """The office's end of the wire, and one phone."""

    client: httpx.AsyncClient
    world: World
    phone: Phone
    accounts: dict[str, UUID]
    headers: dict[str, dict[str, str]]

    async def get(self, path: str, *, role: str = "manager", status: int = 200, **params: Any) -> Any:
        """A read."""
        answer = await self.client.get(API + path, params=params, headers=self.headers[role])
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, body: dict[str, Any], *, role: str = "manager", status: int = 201) -> Any:
        """A change."""
        answer = await self.client.post(API + path, json=body, headers=self.headers[role])
        assert answer.status_code == status, answer.text
        return answer.json()

    async def sign_in(self, role: str, name: str | None = None) -> None:
        """Somebody with this role."""
        account = await self.world.add_account(role)
        self.accounts[name or role] = account
        self.headers[name or role] = {"Authorization": f"Bearer {await office_token(account)}"}

    async def held(self, hands: Hands | None = None, **values: Any) -> UUID:
        """A visit that was served without scanning the card: it waits."""
        if hands is None:
            with standing_clock() as own:
                return await self.held(own, **values)
        visit = await planned(self.world, **values)
        elder = values.get("elder", self.world.elder)
        await self.phone.send(self.client, arrive(self.phone, visit, elder, None))
        hands.move(minutes=20)
        await self.phone.send(self.client, leave(self.phone, visit, elder, None))
        return visit

    async def decide(
        self, visit: UUID, decision: str = "accept", *, role: str = "manager", status: int = 201, **fields: Any
    ) -> Any:
        """A decision about what stands now."""
        page = await self.get(f"/review/visits/{visit}", role="admin")
        reason = {"accept": "confirmed_by_phone", "reject": "not_served", "ask": "when"}[decision]
        body = {"decision": decision, "reason_code": reason, "note": "已电话核实", "codes": page["codes"]}
        body |= {"seen": page["seen"], "shown": page["shown"]}
        return await self.post(f"/review/visits/{visit}/decisions", {**body, **fields}, role=role, status=status)

    async def say(self, decision: str, text: str, status: int = 201) -> Any:
        """The caregiver's word."""
        answer = await self.client.post(
            f"{API}/door/decisions/{decision}/words", json={"text": text}, headers=self.phone_headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def told(self) -> list[dict[str, Any]]:
        """What the caregiver sees."""
        answer = await self.client.get(f"{API}/door/decisions", headers=self.phone_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    @property
    def phone_headers(self) -> dict[str, str]:
        """The phone's session."""
        return {"Authorization": f"Bearer {self.phone.token}"}


@pytest.fixture
async def desk(client: httpx.AsyncClient, world: World) -> Desk:
    """A manager, an officer, an auditor, a dispatcher and the administrator."""
    made = Desk(client, world, await phone_of(world.caregiver, place=HOME), {}, {})
    for role in ("manager", "officer", "auditor", "dispatcher", "admin"):
        await made.sign_in(role)
    return made


async def state(visit: UUID) -> tuple[str, str]:
    """Verification and money."""
    row = await visit_row(visit)
    return row["verify_state"], row["settle_state"]
