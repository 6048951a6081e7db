"""Whatever is sent has a clear answer in two languages; what was good in the same request is kept."""

import json
from functools import partial
from uuid import uuid4

import httpx
import pytest

from support.door import arrive, count, planned, visit_row
from support.phone import Phone, b64, unb64
from support.sign_in import phone_of
from support.world import HOME, World

from .conftest import Printed


def head(phone: Phone, **other: object) -> dict[str, object]:
    return {"alg": "ES256", "kid": phone.device_id, "typ": "checkin+jws", **other}


def unsigned(phone: Phone) -> str:
    text = phone.event("check_in")
    return text[: text.rindex(".") + 1]


def none_algorithm(phone: Phone) -> str:
    body = phone.event("check_in").split(".")[1]
    return f"{b64(json.dumps(head(phone, alg='none')).encode())}.{body}."


def changed(phone: Phone) -> str:
    first, body, last = phone.event("check_in").split(".")
    payload = json.loads(unb64(body))
    payload["note"] = "changed"
    return f"{first}.{b64(json.dumps(payload).encode())}.{last}"


def raw(text: str):
    """A correctly signed payload that is just these characters."""
    return lambda phone: phone.sign(text.encode())


def having(**fields: object):
    return lambda phone: phone.event("check_in", **fields)


def raw_fields(**fields: object):
    return lambda phone: phone.sign({**phone.payload("check_in"), **fields})


def position(**fields: object):
    return having(position={"lat": HOME[0], "lon": HOME[1], "accuracy_m": 10, "age_ms": 0, **fields})


def not_a_number(phone: Phone) -> str:
    return phone.sign(json.dumps({**phone.payload("check_in"), "position": {"lat": float("nan"), "lon": 1.0}}).encode())


REFUSED = {
    "unsigned": (unsigned, "NOT_AUTHENTICATED"),
    "algorithm none": (none_algorithm, "NOT_AUTHENTICATED"),
    "payload changed after signing": (changed, "NOT_AUTHENTICATED"),
    "unknown device": (lambda phone: Phone(device_id=str(uuid4())).event("check_in"), "NOT_AUTHENTICATED"),
    "kid is no id": (lambda phone: phone.sign(phone.payload("check_in"), head(phone, kid="me")), "NOT_AUTHENTICATED"),
    "another typ": (lambda phone: phone.sign(phone.payload("check_in"), head(phone, typ="JWT")), "EVENT_MALFORMED"),
    "extra header": (lambda phone: phone.sign(phone.payload("check_in"), head(phone, jku="x")), "EVENT_MALFORMED"),
    "not a jws": (lambda phone: "hello", "EVENT_MALFORMED"),
    "empty": (lambda phone: "", "EVENT_MALFORMED"),
    "NUL in the text": (lambda phone: "a\u0000b.c.d", "EVENT_MALFORMED"),
    "Chinese in the text": (lambda phone: "打卡.打卡.打卡", "EVENT_MALFORMED"),
    "20,000 characters": (lambda phone: "a" * 20_000, "EVENT_MALFORMED"),
    "20,000 deep": (raw("[" * 5000 + "]" * 5000), "EVENT_MALFORMED"),
    "not JSON": (raw("{'event_id'"), "EVENT_MALFORMED"),
    "lone surrogate": (raw('{"note": "\\ud800"}'), "EVENT_MALFORMED"),
    "NUL in a note": (having(note="a\u0000b"), "EVENT_MALFORMED"),
    "unknown kind": (raw_fields(kind="lunch"), "EVENT_MALFORMED"),
    "naive time": (having(claimed_at="2026-11-21T10:00:00"), "EVENT_MALFORMED"),
    "year 9999": (having(claimed_at="9999-12-31T23:59:59Z"), "EVENT_MALFORMED"),
    "year 1": (having(claimed_at="0001-01-01T00:00:00+14:00"), "EVENT_MALFORMED"),
    "seq beyond int": (having(seq=2**40), "EVENT_MALFORMED"),
    "seq 0": (having(seq=0), "EVENT_MALFORMED"),
    "number as text": (having(seq="1"), "EVENT_MALFORMED"),
    "nine elders": (having(elder_ids=[str(uuid4()) for _ in range(9)]), "EVENT_MALFORMED"),
    "NaN": (not_a_number, "EVENT_MALFORMED"),
    "not served without a reason": (raw_fields(kind="not_served"), "EVENT_MALFORMED"),
    "annulment of nothing": (raw_fields(kind="annul"), "EVENT_MALFORMED"),
    "token with a blank": (having(token="1 2"), "TOKEN_MALFORMED"),
    "short code with a wrong check digit": (having(short_code="123456780"), "TOKEN_MALFORMED"),
}
KEPT = {
    "latitude missing": (position(lat=None), "LOCATION_INVALID"),
    "swapped": (position(lat=HOME[1], lon=HOME[0]), "LOCATION_INVALID"),
    "on the sea": (position(lat=0, lon=0), "LOCATION_INVALID"),
    "beyond the poles": (position(lat=1e300, lon=0), "LOCATION_INVALID"),
    "negative accuracy": (position(accuracy_m=-5), "LOCATION_VAGUE"),
    "accuracy missing": (position(accuracy_m=None), "LOCATION_VAGUE"),
    "age before the future": (position(age_ms=-600_000), "LOCATION_STALE"),
    "anchor of rubbish": (having(anchor="x.y.z"), "TIME_UNPROVEN"),
    "elapsed of years": (having(elapsed_ms=2_000_000_000), None),
    "prev of rubbish": (having(seq=5, prev="A" * 43), "CHAIN_GAP"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_refused_with_a_reason_and_kept_while_its_neighbour_is_accepted(
    name: str, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    make, code = REFUSED[name]
    bad = make(phone)
    good = await phone_of(world.colleague, place=HOME)
    visit = await planned(world, caregivers=[world.colleague])
    answer = await good.post(client, [bad, arrive(good, visit, world.elder, card.token)])
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["receipts"]
    assert (first["verdict"], first["codes"]) == ("refused", [code])
    assert (second["verdict"], second["codes"]) == ("accepted", [])
    assert (await visit_row(visit))["op_state"] == "in_progress"
    assert await count("refused_event") == 1
    again = await good.post(client, [bad, arrive(good, visit, world.elder, card.token)])
    assert again.json()["receipts"][0] == first
    assert await count("refused_event") == 1


@pytest.mark.parametrize("name", KEPT)
async def test_kept_with_a_finding(
    name: str, client: httpx.AsyncClient, world: World, phone: Phone, card: Printed
) -> None:
    make, code = KEPT[name]
    await planned(world)
    await phone.send(client, phone.event("check_in", token=card.token))
    phone.event = partial(phone.event, token=card.token)  # pyright: ignore[reportAttributeAccessIssue]
    answer = (await phone.send(client, make(phone)))[0]
    assert answer["verdict"] == "accepted_with_findings"
    assert code is None or code in answer["codes"]
    assert await count("check_event") == 2


async def test_strangers_leave_nothing_behind(client: httpx.AsyncClient, world: World) -> None:
    stranger = Phone(device_id=str(uuid4()))
    answer = await stranger.post(client, [stranger.event("check_in"), "rubbish"])
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_AUTHENTICATED")
    assert answer.json()["title"] and answer.json()["title_en"]
    assert (await count("check_event"), await count("refused_event")) == (0, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"events": []}, 400, "INPUT_INVALID"),
        ({"events": ["x"] * 101}, 400, "TOO_MANY_EVENTS"),
        ({"events": [1]}, 400, "INPUT_INVALID"),
        ({"events": ["x"], "more": 1}, 400, "INPUT_INVALID"),
        ([], 400, "INPUT_INVALID"),
        ({}, 400, "INPUT_INVALID"),
    ],
)
async def test_a_wrong_body_is_a_problem(client: httpx.AsyncClient, body: object, status: int, code: str) -> None:
    answer = await client.post("/api/v1/checkins", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"events": ["' + b"a" * 10_000_000 + b'"]}', 413),
        (b'{"events": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
        (b'{"events": ["\\ud800"]}', 400),
        (b'{"events": [', 400),
        (b"\xff\xfe", 400),
        (b"", 400),
    ],
    ids=["10 MB", "20,000 deep", "lone surrogate", "cut off", "not UTF-8", "empty"],
)
async def test_a_body_that_is_no_json_is_a_problem(client: httpx.AsyncClient, content: bytes, status: int) -> None:
    answer = await client.post("/api/v1/checkins", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] and answer.json()["title_en"]
