"""The district of a run: caregivers with phones, homes with codes, and the calls that the office has planned."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric import ec

from doorstep.core import clock, opaque, tokens, vault
from fleet.faults import Dice
from fleet.phone import FleetPhone
from fleet.server import START
from fleet.truth import Call, Plan, Truth
from support.phone import Phone
from support.world import HOME, World

SERVICES = (
    ("meal", "delivery"),
    ("cleaning", "home_cleaning"),
    ("medical", "round_visit"),
    ("bathing", "bath_at_home"),
)
WORKS = 0.12
"""How likely a caregiver works on a day: what a run costs is the sum of its events, not of its idle phones."""
COUPLES = 0.3
LIFE = timedelta(days=400)


@dataclass
class Home:
    """A household with its printed code."""

    id: UUID
    token: str
    place: tuple[float, float]
    elders: list[UUID] = field(default_factory=list)


@dataclass(eq=False)
class Carer:
    """A caregiver: the phone that is theirs, the one in their hand, and what they last read of the office's book."""

    id: UUID
    phone: FleetPhone
    hand: FleetPhone
    version: int = 0


class City:
    """All of it."""

    def __init__(self, dice: Dice, *, phones: int, days: int, works: float) -> None:
        self.dice, self.size, self.days, self._works = dice, phones, days, works
        self.homes: dict[UUID, Home] = {}
        self.carers: dict[UUID, Carer] = {}
        self.phones: list[FleetPhone] = []
        self.truth = Truth()
        self.plans: dict[UUID, UUID] = {}
        self.items: dict[tuple[UUID, str], UUID] = {}
        self.provider = UUID(int=0)
        self.office_token = ""
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def id(self) -> UUID:
        """An id of this run."""
        return new_id(self.dice.rng)

    async def build(self, db: asyncpg.Connection) -> None:
        """Writes everything at the start of the first day. Needs the product's pool, keys and clock to be there."""
        world = await World.create()
        self.provider = world.provider
        self._office(world)
        for number in range(self.size):
            self._home(world, number)
            self._carer(number)
        for offset in range(self.days):
            self._day(START.date() + timedelta(days=offset))
        sessions = self._rows.pop("session")  # of accounts and of phones: last
        for table, rows in [*self._rows.items(), ("session", sessions)]:
            columns = list(rows[0])
            records = [tuple(row[column] for column in columns) for row in rows]
            await db.copy_records_to_table(table, records=records, columns=columns)
        await db.execute("ANALYZE")

    def _add(self, table: str, **row: Any) -> UUID:
        id = row.setdefault("id", self.id())
        self._rows.setdefault(table, []).append(row)
        return id

    def _office(self, world: World) -> None:
        account = self._add(
            "account",
            role="dispatcher",
            display_name="调度员",
            login="dispatcher",
            password_hash="!",
            provider=world.provider,
            created_at=START,
        )
        self.office_token = self._session(account=account)

    def _session(self, **of: UUID) -> str:
        token = opaque.new_token()
        common = {"account": None, "device": None, "created_at": START, "last_seen_at": START}
        self._add("session", token_sha256=opaque.digest(token), **{**common, **of}, expires_at=START + LIFE)
        return token

    def _home(self, world: World, number: int) -> None:
        rng = self.dice.rng
        token = tokens.new_token(rng.randbytes)
        home = Home(self.id(), token, (HOME[0] + number * 0.004, HOME[1]))
        self._add(
            "household",
            id=home.id,
            area=world.subdistrict,
            community="朝外第二社区",
            address=vault.current().seal(f"{number}号楼", "household.address"),
            address_fingerprint=hashlib.sha256(f"home{number}".encode()).digest(),
            lat=home.place[0],
            lon=home.place[1],
            coord_system="wgs84",
            geofence_m=200,
            created_at=START,
        )
        self._add(
            "household_code",
            household=home.id,
            token_sha256=tokens.token_sha256(token),
            short_code_fingerprint=hashlib.sha256(f"short{number}".encode()).digest(),
            version=1,
            issued_at=START,
        )
        for index in range(2 if rng.random() < COUPLES else 1):
            home.elders.append(self._elder(world, home.id, f"{number}-{index}"))
        self.homes[home.id] = home

    def _elder(self, world: World, home: UUID, name: str) -> UUID:
        day, until = START.date() - timedelta(days=200), START.date() + timedelta(days=400)
        elder = self._add(
            "elder",
            household=home,
            name=vault.current().seal("龚国栋", "elder.name"),
            initials="ggd",
            id_number=b"",
            id_fingerprint=hashlib.sha256(f"elder{name}".encode()).digest(),
            birth_date=date(1940, 2, 29),
            sex="female",
            created_at=START,
        )
        for provider in (world.provider,):
            self._add(
                "service_agreement", elder=elder, provider=provider, signed_on=day, valid_from=day, recorded_at=START
            )
        plan = self._add(
            "care_plan",
            elder=elder,
            programme=world.programme,
            version=1,
            valid_from=day,
            valid_to=until,
            risks=[],
            emergency_procedure="emergency",
            created_at=START,
        )
        self.plans[elder] = plan
        self._add("plan_state", plan=plan, state="active", valid_from=day, recorded_at=START - timedelta(days=2))
        for service_type, content in SERVICES:
            self.items[elder, service_type] = self._add(
                "plan_item",
                plan=plan,
                provider=world.provider,
                service_type=service_type,
                content=content,
                frequency="每日",
                recurrence='{"kind":"daily"}',
                window_start=time(8),
                window_end=time(18),
                min_minutes=3,
                max_minutes=120,
                carers_needed=1,
                unit_price_fen=1200,
                ratio_bp=10_000,
                valid_from=day,
                valid_to=until,
            )
        return elder

    def _carer(self, number: int) -> None:
        rng = self.dice.rng
        id = self._add(
            "caregiver",
            provider=self.provider,
            name=f"护理员{number}",
            initials="hly",
            phone=b"",
            phone_fingerprint=hashlib.sha256(f"carer{number}".encode()).digest(),
            created_at=START,
        )
        for kind in ("health_certificate", "nurse_licence", "care_worker_certificate"):
            self._add("qualification", caregiver=id, kind=kind, recorded_at=START)
        phone = FleetPhone(wire=Phone(key=new_key(rng)), drift=rng.uniform(-0.0004, 0.0004))
        device = self._add("device", caregiver=id, public_key=phone.wire.point(), enrolled_at=START, last_seq=0)
        phone.wire.device_id, phone.wire.token = str(device), self._session(device=device)
        self.phones.append(phone)
        self.carers[id] = Carer(id, phone, phone)

    def _day(self, day: date) -> None:
        """Rounds of those who work: one home after another; some calls need two, some couples are served at once."""
        rng = self.dice.rng
        working = [carer for carer in self.carers.values() if rng.random() < self._works]
        homes = list(self.homes.values())
        rng.shuffle(homes)
        together: list[tuple[Carer, list[datetime]]] = []
        for carer in working:
            begin = clock.at(day, time(8)) + timedelta(minutes=rng.randint(0, 60))
            slots = [begin + timedelta(minutes=75 * n) for n in range(rng.randint(2, 5))]
            together.append((carer, slots))
        for index, (carer, slots) in enumerate(together):
            partner = together[index + 1] if index + 1 < len(together) and index % 2 == 0 else None
            for start in slots:
                if not homes:
                    return
                home = homes.pop()
                if partner and partner[1] and rng.random() < 0.3:
                    # The other one comes along instead of going to a home of their own.
                    partner[1].pop()
                    if len(home.elders) == 2:
                        self._plan(day, home, home.elders[0], start, [carer])
                        self._plan(day, home, home.elders[1], start, [partner[0]])
                    else:
                        self._plan(day, home, home.elders[0], start, [carer, partner[0]], needed=2)
                    continue
                for elder in home.elders[: rng.randint(1, len(home.elders))]:
                    self._plan(day, home, elder, start, [carer])

    def _plan(
        self, day: date, home: Home, elder: UUID, start: datetime, carers: list[Carer], *, needed: int = 1
    ) -> None:
        service_type, content = self.dice.rng.choice(SERVICES)
        visit = self._add(
            "visit",
            elder=elder,
            household=home.id,
            plan_item=self.items[elder, service_type],
            provider=self.provider,
            kind="planned",
            service_type=service_type,
            content=content,
            service_day=day,
            ordinal=1,
            window_start=start - timedelta(minutes=30),
            window_end=start + timedelta(minutes=60),
            min_minutes=3,
            max_minutes=120,
            carers_needed=needed,
            op_state="assigned",
            verify_state="none",
            settle_state="unsettled",
            holds=0,
            created_at=START,
            changed_at=START,
        )
        for carer in carers:
            self._add("assignment", visit=visit, caregiver=carer.id, assigned_at=START)
        call = Call(elder, home.id, start, visit, service_type, content, needed)
        call.plans.append((0, Plan(frozenset(carer.id for carer in carers))))
        self.truth.add(call, day)


def new_id(rng: random.Random) -> UUID:
    """A random id that the seed decides."""
    return UUID(int=rng.getrandbits(128), version=4)


def new_key(rng: random.Random) -> ec.EllipticCurvePrivateKey:
    """A key that the seed decides."""
    return ec.derive_private_key(rng.randrange(1, 2**255), ec.SECP256R1())
