"""A small district for tests: two subdistricts and providers, three caregivers, two homes (one of a couple)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from doorstep.core import clock, vault
from doorstep.core.ids import uuid7
from doorstep.db.tables.homes import Elder, ElderStatus, Household, ServiceAgreement
from doorstep.db.tables.organisations import Area, CooperationAgreement, Provider
from doorstep.db.tables.people import Account, Caregiver, Qualification
from doorstep.db.tables.plans import CarePlan, PlanItem, PlanState, Programme
from doorstep.db.tables.visits import Assignment, Visit

HOME = (39.9219, 116.4431)
PASSWORD = "correct horse battery staple"


@dataclass
class World:
    """Ids by a short name; every maker returns the new id."""

    district: UUID = field(default_factory=uuid7)
    subdistrict: UUID = field(default_factory=uuid7)
    other_subdistrict: UUID = field(default_factory=uuid7)
    provider: UUID = field(default_factory=uuid7)
    other_provider: UUID = field(default_factory=uuid7)
    programme: UUID = field(default_factory=uuid7)
    caregiver: UUID = field(default_factory=uuid7)
    colleague: UUID = field(default_factory=uuid7)
    stranger: UUID = field(default_factory=uuid7)
    home: UUID = field(default_factory=uuid7)
    couple_home: UUID = field(default_factory=uuid7)
    elder: UUID = field(default_factory=uuid7)
    husband: UUID = field(default_factory=uuid7)
    wife: UUID = field(default_factory=uuid7)
    _serial: int = 0

    @classmethod
    async def create(cls) -> World:
        world = cls()
        await world._organisations()
        for name, caregiver, provider in (
            ("彭燕", world.caregiver, world.provider),
            ("毛桂芳", world.colleague, world.provider),
            ("赖美玲", world.stranger, world.other_provider),
        ):
            await world.add_caregiver(name, id=caregiver, provider=provider)
        await world.add_home("朝外第二社区16号楼1单元404", id=world.home)
        await world.add_home("朝外第一社区3号楼2单元101", id=world.couple_home)
        await world.add_elder("龚国栋", world.home, id=world.elder)
        await world.add_elder("沈树森", world.couple_home, id=world.husband)
        await world.add_elder("文玉梅", world.couple_home, id=world.wife, sex="female")
        return world

    async def _organisations(self) -> None:
        await Area.insert(
            Area(id=self.district, level="district", name="朝阳区"),
            Area(id=self.subdistrict, level="subdistrict", name="朝外", kind="街道", parent=self.district),
            Area(id=self.other_subdistrict, level="subdistrict", name="安贞", kind="街道", parent=self.district),
        )
        for id, name, uscc, area in (
            (self.provider, "朝外照料中心", "52110105MJ0040106P", self.subdistrict),
            (self.other_provider, "安贞社区养老服务驿站", "52110105MJ4553459A", self.other_subdistrict),
        ):
            await Provider.insert(
                Provider(
                    id=id,
                    name=name,
                    uscc=uscc,
                    legal_kind="social_org",
                    site_kind="care_centre",
                    area=area,
                    licence_until=clock.today() + timedelta(days=900),
                    created_at=clock.now(),
                )
            )
            await CooperationAgreement.insert(
                CooperationAgreement(
                    provider=id,
                    service_types=["medical", "meal", "cleaning", "bathing"],
                    coverage_areas=[self.district],
                    valid_from=clock.today() - timedelta(days=300),
                    valid_to=clock.today() + timedelta(days=300),
                    signed_a_on=clock.today() - timedelta(days=310),
                    signed_b_on=clock.today() - timedelta(days=310),
                    recorded_at=clock.now(),
                )
            )
        await Programme.insert(Programme(id=self.programme, code="chaoyang-siin", name="居家养老“四进”服务"))

    async def add_caregiver(self, name: str, *, id: UUID | None = None, provider: UUID | None = None) -> UUID:
        self._serial += 1
        phone = f"1380000{self._serial:04d}"
        row = Caregiver(
            id=id or uuid7(),
            provider=provider or self.provider,
            name=name,
            initials="x",
            phone=vault.current().seal(phone, "caregiver.phone"),
            phone_fingerprint=vault.current().fingerprint(phone, "caregiver.phone"),
            created_at=clock.now(),
        )
        await Caregiver.insert(row)
        for kind in ("health_certificate", "nurse_licence", "care_worker_certificate"):
            await Qualification.insert(
                Qualification(
                    caregiver=row.id,
                    kind=kind,
                    valid_until=clock.today() + timedelta(days=400),
                    recorded_at=clock.now(),
                )
            )
        return row.id

    async def add_home(self, address: str, *, id: UUID | None = None, point: tuple[float, float] | None = HOME) -> UUID:
        row = Household(
            id=id or uuid7(),
            area=self.subdistrict,
            community="朝外第二社区",
            address=vault.current().seal(address, "household.address"),
            address_fingerprint=vault.current().fingerprint(address, "household.address"),
            lat=point[0] if point else None,
            lon=point[1] if point else None,
            coord_system="wgs84" if point else None,
            created_at=clock.now(),
        )
        await Household.insert(row)
        return row.id

    async def add_elder(self, name: str, household: UUID, *, id: UUID | None = None, sex: str = "male") -> UUID:
        self._serial += 1
        number = f"11010019{self._serial:010d}"
        row = Elder(
            id=id or uuid7(),
            household=household,
            name=vault.current().seal(name, "elder.name"),
            initials="x",
            id_number=vault.current().seal(number, "elder.id_number"),
            id_fingerprint=vault.current().fingerprint(number, "elder.id_number"),
            birth_date=date(1940, 2, 29),
            sex=sex,
            hukou="朝阳区",
            agreement_signed_on=clock.today() - timedelta(days=310),
            created_at=clock.now(),
        )
        await Elder.insert(row)
        for provider in (self.provider, self.other_provider):
            await ServiceAgreement.insert(
                ServiceAgreement(
                    elder=row.id,
                    provider=provider,
                    signed_on=clock.today() - timedelta(days=310),
                    valid_from=clock.today() - timedelta(days=310),
                    valid_to=clock.today() + timedelta(days=300),
                    recorded_at=clock.now(),
                )
            )
        return row.id

    async def add_status(self, elder: UUID, kind: str, *, since: date, until: date | None = None) -> None:
        await ElderStatus.insert(
            ElderStatus(elder=elder, kind=kind, valid_from=since, valid_to=until, recorded_at=clock.now())
        )

    async def add_plan_item(
        self, elder: UUID, *, service_type: str = "meal", content: str = "delivery", **values: Any
    ) -> UUID:
        """A plan with one item, active around today."""
        since, until = clock.today() - timedelta(days=200), clock.today() + timedelta(days=200)
        versions = await CarePlan.count().where(CarePlan.elder == elder)
        plan = CarePlan(
            elder=elder,
            programme=self.programme,
            version=versions + 1,
            valid_from=since,
            valid_to=until,
            risks=["跌倒风险"],
            emergency_procedure="emergency",
            created_at=clock.now(),
        )
        await CarePlan.insert(plan)
        await PlanState.insert(PlanState(plan=plan.id, state="active", valid_from=since, recorded_at=clock.now()))
        item = PlanItem(
            **{
                "plan": plan.id,
                "provider": self.provider,
                "service_type": service_type,
                "content": content,
                "frequency": "每日",
                "recurrence": '{"kind":"daily"}',
                "window_start": time(11),
                "window_end": time(12, 30),
                "min_minutes": 3,
                "max_minutes": 60,
                "unit_price_fen": 1200,
                "ratio_bp": 10_000,
                "valid_from": since,
                "valid_to": until,
                **values,
            }
        )
        await PlanItem.insert(item)
        return item.id

    async def add_visit(
        self,
        elder: UUID,
        *,
        household: UUID | None = None,
        plan_item: UUID | None = None,
        caregivers: list[UUID] | None = None,
        service_type: str = "meal",
        content: str = "delivery",
        start: datetime | None = None,
        minutes: int = 120,
        **values: Any,
    ) -> UUID:
        """A visit of today whose window is open now, assigned to `caregivers` (default: the first caregiver)."""
        morning, _ = clock.day_bounds(clock.today())
        start = start or max(clock.now() - timedelta(minutes=10), morning)
        who = [self.caregiver] if caregivers is None else caregivers
        visit = Visit(
            **{
                "elder": elder,
                "household": household or (self.home if elder == self.elder else self.couple_home),
                "plan_item": plan_item,
                "provider": self.provider,
                "kind": "planned" if plan_item else "adhoc",
                "service_type": service_type,
                "content": content,
                "service_day": clock.civil_date(start),
                "window_start": start,
                "window_end": start + timedelta(minutes=minutes),
                "min_minutes": 0,
                "max_minutes": 240,
                "op_state": "assigned" if who else "planned",
                "verify_state": "none",
                "settle_state": "unsettled",
                "created_at": clock.now(),
                "changed_at": clock.now(),
                **values,
            }
        )
        await Visit.insert(visit)
        for caregiver in who:
            await Assignment.insert(Assignment(visit=visit.id, caregiver=caregiver, assigned_at=clock.now()))
        return visit.id

    async def add_account(self, role: str, *, login: str | None = None, password_hash: str = "!") -> UUID:  # noqa: S107
        """An office account in the scope that its role usually has."""
        row = Account(
            role=role,
            display_name=f"测试{role}",
            login=login or f"{role}-{self._serial}",
            password_hash=password_hash,
            provider=self.provider if role in ("dispatcher", "manager") else None,
            area=self.subdistrict if role in ("officer", "auditor") else None,
            created_at=clock.now(),
        )
        self._serial += 1
        await Account.insert(row)
        return row.id
