"""`doorstep demo`: the sample district on this machine, with logins, printed cards and a visit that is due now."""

import os
import secrets
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import click
import msgspec

from doorstep import context, network, serving
from doorstep.core import clock
from doorstep.db import engine
from doorstep.demo_screen import Scene, link, screen
from doorstep.households import service as households
from doorstep.identity import phones
from doorstep.identity import service as identity
from doorstep.identity.wire import SYSTEM, Actor, Role
from doorstep.intake import command as intake
from doorstep.settings import Settings
from doorstep.visits import service as visits
from doorstep.visits.weighing import CaregiverUnsuitable
from doorstep.visits.wire import NewVisit, VisitRow

ROSTER = Path(__file__).parent / "sample" / "roster-2026.xlsx"
PROVIDER, SUBDISTRICT, DISTRICT = "朝外照料中心", "朝外", "朝阳区"
DAYS = 7
_SHEET = 10


class Notes(msgspec.Struct, omit_defaults=True):
    """What the demo remembers from one start to the next, in `demo.json`."""

    password: str
    roster_year: int = 0
    household: UUID | None = None
    elder: UUID | None = None
    caregiver: UUID | None = None


class Login(msgspec.Struct, frozen=True):
    """One of the demo's office accounts."""

    role: Role
    name: str
    provider: str | None = None
    area: str | None = None


LOGINS = {
    "dispatcher": Login(Role.DISPATCHER, "调度员小周", provider=PROVIDER),
    "manager": Login(Role.MANAGER, "站长老秦", provider=PROVIDER),
    "officer": Login(Role.OFFICER, "朝外街道民政科", area=SUBDISTRICT),
    "auditor": Login(Role.AUDITOR, "区审计小孟", area=DISTRICT),
    "admin": Login(Role.ADMIN, "管理员"),
}


def run(given: Settings, *, phone: bool, port: int | None, then_serve: bool) -> None:
    """Prepares what is not there yet, tells how to try it, and serves until Ctrl-C."""
    settings = _settings(given, phone=phone, port=port)
    with serving.signals(), context.database(settings) as dsn:
        settings = msgspec.structs.replace(settings, database_url=dsn)
        notes = _read(settings)
        if notes.roster_year != clock.today().year:
            intake.run(settings, ROSTER, shift_to_today=True)
            notes.roster_year = clock.today().year
            _write(settings, notes)
        scene = context.run(settings, lambda: prepare(settings, notes))
        _write(settings, notes)
        _write_place(settings, scene)
        click.echo(screen(settings, scene))
        if then_serve:
            serving.serve(settings, quiet=True)


def _settings(given: Settings, *, phone: bool, port: int | None) -> Settings:
    host = "0.0.0.0" if phone else "127.0.0.1"  # noqa: S104
    demo = msgspec.structs.replace(
        given,
        data_dir=given.data_dir / "demo",
        database_url="",
        host=host,
        port=port or network.free_port(given.port, host=host),
        workers=1,
    )
    if not phone:
        return msgspec.structs.replace(demo, public_url=f"http://localhost:{demo.port}")
    address = network.lan_address()
    if address is None:
        raise click.ClickException("没有找到局域网地址 / this machine has no address in a network")
    certificate, key = network.certificate(demo.data_dir / "tls", [address, "localhost", "127.0.0.1"])
    return msgspec.structs.replace(
        demo, public_url=f"https://{address}:{demo.port}", tls_certificate=str(certificate), tls_key=str(key)
    )


def _read(settings: Settings) -> Notes:
    file = settings.data_dir / "demo.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Notes)
    return Notes(password=f"daojia-{secrets.randbelow(10**6):06d}")


def _write(settings: Settings, notes: Notes) -> None:
    descriptor = os.open(settings.data_dir / "demo.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(notes), indent=2))


def _write_place(settings: Settings, scene: Scene) -> None:
    """For `make demo-browser`: where its phone is to be, and what it opens."""
    place = {"url": link(scene), "lat": scene.lat, "lon": scene.lon, "card": "cards/demo-home.png"}
    (settings.data_dir / "browser.json").write_bytes(msgspec.json.format(msgspec.json.encode(place), indent=2))


async def prepare(settings: Settings, notes: Notes) -> Scene:
    """Everything beside the roster: visits, logins, cards, the visit that is due now, a code for the first phone."""
    morning, _ = clock.day_bounds(clock.today())
    with clock.running_from(lambda: morning):  # What is over by now was planned in time, here as anywhere.
        expanded = await visits.expand(SYSTEM, days=DAYS)
    admin = await _logins(notes.password)
    if notes.elder is None:
        await _choose_home(notes)
    visit = await _due_now(notes)
    [carer] = visit.caregivers
    notes.caregiver = carer.id
    await _cards(settings, visit.household.id)
    ticket = await phones.create_ticket(admin, caregiver_id=carer.id, public_url=settings.public_url)
    [home] = await engine.fetch("SELECT lat, lon FROM household WHERE id = $1", visit.household.id)
    return Scene(
        visit=visit,
        caregiver=carer.name,
        lat=home["lat"],
        lon=home["lon"],
        enrolment=ticket.url,
        logins=[(login, str(account.role), account.name) for login, account in LOGINS.items()],
        password=notes.password,
        planned=expanded.created + expanded.existing,
        unplanned=dict(Counter(gap.year for gap in expanded.calendar_missing)),
    )


async def _logins(password: str) -> Actor:
    """Makes the accounts that are not there; answers the admin."""
    for login, account in LOGINS.items():
        if not await engine.fetch("SELECT FROM account WHERE login = $1", login):
            await identity.create_account(
                SYSTEM,
                role=account.role,
                login=login,
                password=password,
                display_name=account.name,
                provider_id=await _named("provider", account.provider),
                area_id=await _named("area", account.area),
            )
    [admin] = await engine.fetch("SELECT id FROM account WHERE login = 'admin'")
    return Actor(role=Role.ADMIN, account_id=admin["id"])


async def _named(table: str, name: str | None) -> UUID | None:
    if name is None:
        return None
    [row] = await engine.fetch(f"SELECT id FROM {table} WHERE name = $1", name)
    return row["id"]


async def _choose_home(notes: Notes) -> None:
    """An elder who lives alone at a known point and gets meals from the demo's provider, all papers in order."""
    rows = await engine.fetch(
        """
        SELECT elder.id AS elder, elder.household FROM plan_item item
        JOIN care_plan plan ON plan.id = item.plan JOIN elder ON elder.id = plan.elder
        JOIN household ON household.id = elder.household JOIN provider ON provider.id = item.provider
        WHERE provider.name = $1 AND item.service_type = 'meal' AND item.content = 'delivery'
          AND item.valid_from <= $2 AND $2 < item.valid_to AND household.lat IS NOT NULL
          AND (SELECT count(*) FROM elder other WHERE other.household = household.id) = 1
          AND NOT EXISTS (SELECT FROM elder_status status WHERE status.elder = elder.id AND status.kind = ANY($3)
            AND status.valid_from <= $2 AND (status.valid_to IS NULL OR $2 < status.valid_to))
        ORDER BY elder.id LIMIT 1
        """,
        PROVIDER,
        clock.today(),
        ["deceased", "hospital_stay", "respite_stay", "away", "welfare_institution"],
    )
    if not rows:
        raise click.ClickException("花名册里没有可演示的老人 / the roster holds no elder to show")
    notes.elder, notes.household = rows[0]["elder"], rows[0]["household"]


async def _due_now(notes: Notes) -> VisitRow:
    """A meal delivery whose window is open: the one of the last start, or a new one beside the plan."""
    now = clock.now()
    rows = await engine.fetch(
        """
        SELECT visit.id FROM visit JOIN assignment ON assignment.visit = visit.id AND assignment.ended_at IS NULL
        WHERE visit.elder = $1 AND visit.kind = 'adhoc' AND assignment.caregiver = $2 AND visit.service_day = $3
          AND visit.op_state IN ('assigned', 'in_progress') AND visit.window_start <= $4 AND $5 <= visit.window_end
        """,
        notes.elder,
        notes.caregiver,
        clock.today(),
        now,
        now + timedelta(minutes=30),
    )
    if rows:
        return await visits.visit_row(SYSTEM, rows[0]["id"])
    start = max(now - timedelta(minutes=10), clock.day_bounds(clock.today())[0])
    if notes.caregiver is not None:
        try:
            return await _order(notes, start, [notes.caregiver])
        except CaregiverUnsuitable:
            pass  # somebody sent her elsewhere; another one goes
    visit = await _order(notes, start, [])
    free = [one.id for one in (await visits.candidates(SYSTEM, visit.id)).items if not one.obstacles]
    if not free:
        raise click.ClickException("此刻没有空闲的护理员 / no caregiver is free at the moment")
    return (await visits.reassign(SYSTEM, visit.id, free[:1], anyway=True)).visits[0]


async def _order(notes: Notes, start: datetime, caregivers: list[UUID]) -> VisitRow:
    if notes.elder is None:
        raise RuntimeError("the home is chosen first")
    new = NewVisit(
        elder_id=notes.elder,
        service_type="meal",
        content="delivery",
        window_start=start,
        window_end=start + timedelta(hours=8),
        caregiver_ids=caregivers,
        reason="演示：此刻可以打卡的服务",
        anyway=True,
    )
    return (await visits.order(SYSTEM, new)).visits[0]


async def _cards(settings: Settings, home: UUID) -> None:
    """The card of the demo's home as a picture, a sheet of ten other homes. What is printed once stays valid."""
    folder = settings.data_dir / "cards"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "demo-home.png").exists():
        card = await households.issue_and_draw(SYSTEM, [home], layout="card", format="png", settings=settings)
        (folder / "demo-home.png").write_bytes(card)
    if not (folder / "sheet-of-ten.pdf").exists():
        others = [one for one in await households.homes_without_code(SYSTEM) if one != home][:_SHEET]
        sheet = await households.issue_and_draw(SYSTEM, others, layout="sheet", format="pdf", settings=settings)
        (folder / "sheet-of-ten.pdf").write_bytes(sheet)
