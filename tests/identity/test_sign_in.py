"""Sign-in: names, passwords, one-time codes, and what happens when somebody guesses."""

from asyncio import gather
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from pyotp.totp import TOTP

from doorstep.core import clock
from doorstep.core.problems import InputInvalid, NotAllowed, NotFound
from doorstep.db.tables.people import Account, Session
from doorstep.identity import rules, service
from doorstep.identity.wire import SYSTEM, Actor, Role
from identity.conftest import CHEAP, ELSEWHERE, SignIn
from support.timing import later
from support.world import PASSWORD, World

WRONG = "incorrect horse battery"


async def test_the_right_password_opens_a_session(sign_in: SignIn, client: httpx.AsyncClient, world: World) -> None:
    answer = await sign_in()
    assert answer.status_code == 201
    body = answer.json()
    assert body["me"]["role"] == "dispatcher"
    assert body["me"]["provider"] == {"id": str(world.provider), "name": "朝外照料中心"}
    assert body["me"]["area"] is None
    by_cookie = await client.get("/api/v1/me")
    assert by_cookie.json() == body["me"]
    client.cookies.clear()
    by_token = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert by_token.json() == body["me"]


async def test_the_cookie_is_out_of_reach(sign_in: SignIn) -> None:
    answer = await sign_in()
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name == f"doorstep_office={answer.json()['token']}"
    assert {flag.lower() for flag in flags} == {
        "httponly",
        "secure",
        "samesite=strict",
        "path=/api/v1",
        f"max-age={12 * 3600}",
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_only_the_hash_of_a_token_is_stored(sign_in: SignIn) -> None:
    token = (await sign_in()).json()["token"]
    assert len(token) == 43  # 256 bits
    rows = await Session.select()
    assert len(rows) == 1
    assert token not in str(rows)


async def test_logins_ignore_case_and_blanks(sign_in: SignIn) -> None:
    assert (await sign_in(login=" ZHANG ")).status_code == 201


async def test_a_wrong_password_and_an_unknown_name_look_the_same(sign_in: SignIn) -> None:
    wrong, unknown = await sign_in(password=WRONG), await sign_in(login="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == "LOGIN_FAILED"
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize("login", ["zhang", "nobody"])
async def test_five_failures_lock_a_name_whether_it_exists_or_not(sign_in: SignIn, login: str) -> None:
    for _ in range(5):
        assert (await sign_in(login=login, password=WRONG)).status_code == 401
    locked = await sign_in(login=login)
    assert locked.status_code == 429
    assert locked.json()["code"] == "LOGIN_LOCKED"
    assert 0 < int(locked.headers["retry-after"]) <= 30


async def test_the_lock_ends_by_itself_and_grows_with_each_failure(sign_in: SignIn) -> None:
    for _ in range(5):
        await sign_in(password=WRONG)
    with later(timedelta(seconds=31)):
        assert (await sign_in(password=WRONG)).status_code == 401
        assert (await sign_in()).headers["retry-after"] == "60"
    with later(timedelta(seconds=92)):
        assert (await sign_in()).status_code == 201
        assert (await sign_in(password=WRONG)).status_code == 401  # counting starts anew
        assert (await sign_in()).status_code == 201


async def test_many_guesses_at_once_are_not_more_guesses(sign_in: SignIn) -> None:
    answers = await gather(*(sign_in(password=f"{WRONG}{n}") for n in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_failures_of_yesterday_are_forgotten(sign_in: SignIn) -> None:
    for _ in range(4):
        await sign_in(password=WRONG)
    with later(timedelta(hours=25)):
        for _ in range(2):
            assert (await sign_in(password=WRONG)).status_code == 401
        assert (await sign_in()).status_code == 201


def test_the_lock_grows_to_a_quarter_of_an_hour() -> None:
    seconds = [
        pause.total_seconds() if (pause := rules.lock_after(n)) else 0 for n in (0, 4, 5, 6, 7, 8, 9, 10, 11, 500)
    ]
    assert seconds == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


@pytest.fixture
async def codes(dispatcher: UUID) -> TOTP:
    """The authenticator of `zhang`, whose account needs its codes from now on."""
    uri = await service.enable_totp(SYSTEM, account_id=dispatcher)
    return TOTP(parse_qs(urlsplit(uri).query)["secret"][0])


async def test_a_one_time_code_is_needed_and_works_once(sign_in: SignIn, codes: TOTP) -> None:
    with later(timedelta()) as now:
        code = codes.at(now)
        assert (await sign_in()).status_code == 401
        assert (await sign_in(totp="000000" if code != "000000" else "111111")).status_code == 401
        assert (await sign_in(totp=f"{code[:3]} {code[3:]}")).status_code == 201
        replayed = await sign_in(totp=code)
        assert replayed.status_code == 401
        assert replayed.json()["code"] == "LOGIN_FAILED"
        assert (await sign_in(totp=codes.at(now - timedelta(seconds=30)))).status_code == 401, (
            "an older code than the one used"
        )
    with later(timedelta(seconds=30)) as now:
        assert (await sign_in(totp=codes.at(now))).status_code == 201


async def test_one_code_at_two_desks_in_the_same_moment_opens_one_session(sign_in: SignIn, codes: TOTP) -> None:
    with later(timedelta()) as now:
        answers = await gather(*(sign_in(totp=codes.at(now)) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]


async def test_a_code_needs_the_password_too(sign_in: SignIn, codes: TOTP) -> None:
    assert (await sign_in(password=WRONG, totp=codes.at(clock.now()))).status_code == 401


async def test_the_secret_of_the_codes_is_sealed(codes: TOTP) -> None:
    assert codes.secret not in str(await Account.select())


async def test_a_session_chosen_by_somebody_else_is_never_adopted(sign_in: SignIn, client: httpx.AsyncClient) -> None:
    chosen = "c" * 43
    client.cookies.set("doorstep_office", chosen, domain="dj.example.cn", path="/api/v1")
    answer = await sign_in()
    assert answer.json()["token"] != chosen
    assert answer.headers["set-cookie"].startswith(f"doorstep_office={answer.json()['token']}")
    client.cookies.clear()
    stolen = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {chosen}"})
    assert stolen.status_code == 401


async def test_nobody_is_signed_in_by_another_sites_page(client: httpx.AsyncClient, dispatcher: UUID) -> None:
    body = {"login": "zhang", "password": PASSWORD}
    answer = await client.post("/api/v1/sessions", json=body, headers=ELSEWHERE)
    assert answer.status_code == 403
    assert answer.json()["code"] == "CROSS_SITE"
    assert (await client.post("/api/v1/sessions", json=body)).status_code == 201, "programs send no origin"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": "zhang"},
        {"login": "zhang", "password": PASSWORD, "role": "admin"},
        {"login": "a\u0000b", "password": PASSWORD},
        {"login": "z" * 201, "password": PASSWORD},
        {"login": "zhang", "password": "p" * 201},
        {"login": "zhang", "password": PASSWORD, "totp": 123456},
    ],
)
async def test_malformed_credentials_are_a_clear_refusal(
    client: httpx.AsyncClient, dispatcher: UUID, body: dict
) -> None:
    answer = await client.post("/api/v1/sessions", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "INPUT_INVALID"


async def test_an_account_without_a_usable_password_cannot_sign_in(sign_in: SignIn, world: World) -> None:
    await world.add_account("manager", login="locked-out", password_hash="!")
    assert (await sign_in(login="locked-out")).status_code == 401


@pytest.mark.usefixtures("costly")
async def test_a_stored_password_is_argon2id_and_gets_stronger_with_the_product(
    sign_in: SignIn, dispatcher: UUID
) -> None:
    async def stored() -> str:
        row = await Account.select(Account.password_hash).where(Account.id == dispatcher).first()
        assert row is not None
        return row["password_hash"]

    assert (await stored()).startswith("$argon2id$v=19$m=65536,t=3,")
    await Account.update({Account.password_hash: CHEAP.hash(PASSWORD)}).where(Account.id == dispatcher)
    assert (await sign_in()).status_code == 201
    assert (await stored()).startswith("$argon2id$v=19$m=65536,t=3,")
    assert (await sign_in()).status_code == 201, "a session is not ended by that"


async def test_a_new_password_ends_all_sessions(sign_in: SignIn, client: httpx.AsyncClient, dispatcher: UUID) -> None:
    await sign_in()
    await service.set_password(SYSTEM, account_id=dispatcher, password="another one, longer")
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await sign_in()).status_code == 401
    assert (await sign_in(password="another one, longer")).status_code == 201


async def test_the_same_letters_typed_decomposed_are_the_same_password(sign_in: SignIn, dispatcher: UUID) -> None:
    await service.set_password(SYSTEM, account_id=dispatcher, password="Caf\u00e9-Caf\u00e9-1")
    assert (await sign_in(password="Cafe\u0301-Cafe\u0301-1")).status_code == 201


async def test_accounts_are_made_with_a_good_password_and_the_scope_of_their_role(
    dispatcher: UUID, world: World
) -> None:
    make = partial(service.create_account, SYSTEM, login="li", display_name="李")
    with pytest.raises(InputInvalid) as short:
        await make(role=Role.ADMIN, password="123456789")
    assert [error.field for error in short.value.errors] == ["password"]
    for role in (Role.MANAGER, Role.OFFICER, Role.CAREGIVER):
        with pytest.raises(InputInvalid) as unfit:
            await make(role=role, password=PASSWORD)
        assert [error.field for error in unfit.value.errors] == ["role"]
    with pytest.raises(service.LoginTaken):
        await make(role=Role.ADMIN, password=PASSWORD, login="zhang")


async def test_only_admins_make_accounts_or_change_others(dispatcher: UUID, world: World) -> None:
    somebody = Actor(role=Role.MANAGER, account_id=await world.add_account("manager"), provider_id=world.provider)
    with pytest.raises(NotAllowed):
        await service.create_account(somebody, role=Role.ADMIN, login="li", password=PASSWORD, display_name="x")
    with pytest.raises(NotFound):
        await service.set_password(somebody, account_id=dispatcher, password=PASSWORD)
    assert somebody.account_id
    await service.set_password(somebody, account_id=somebody.account_id, password=PASSWORD)
