"""The example vectors and what the server really sends fit the schemas, and another JOSE library believes them."""

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from jsonschema import Draft202012Validator, FormatChecker

from support.door import arrive, leave, standing_clock
from support.phone import claims
from support.sign_in import phone_of
from support.world import HOME, World

SCHEMAS = Path(__file__).parents[2] / "schemas"


def example(name: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / "examples" / f"{name}.json").read_text("utf-8"))


FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=FORMATS)


EVENTS, RECEIPTS = example("check-event"), example("receipt")
EVENT, RECEIPT, PROBLEM = validator("check-event"), validator("receipt"), validator("problem")


def hash_of(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("link", EVENTS["chain"], ids=lambda link: link["payload"]["kind"])
def test_an_event_of_the_examples(link: dict[str, Any]) -> None:
    EVENT.validate(link["payload"])
    opened = jws.deserialize_compact(link["jws"], ECKey.import_key(EVENTS["phone_key"]), algorithms=["ES256"])
    assert opened.headers() == {"alg": "ES256", "kid": EVENTS["device_id"], "typ": "checkin+jws"}
    assert json.loads(opened.payload) == link["payload"]
    assert hash_of(link["jws"]) == link["hash"]


def test_the_events_of_the_examples_are_a_chain() -> None:
    before = None
    for number, link in enumerate(EVENTS["chain"], 1):
        assert (link["payload"]["seq"], link["payload"]["prev"]) == (number, before)
        before = link["hash"]


@pytest.mark.parametrize("bad", EVENTS["invalid"], ids=lambda bad: bad["why"])
def test_an_event_that_nobody_believes(bad: dict[str, str]) -> None:
    with pytest.raises((JoseError, ValueError)):
        jws.deserialize_compact(bad["jws"], ECKey.import_key(EVENTS["phone_key"]), algorithms=["ES256"])


@pytest.mark.parametrize("good", RECEIPTS["valid"], ids=lambda good: good["claims"]["verdict"])
def test_a_receipt_of_the_examples(good: dict[str, Any]) -> None:
    opened = jws.deserialize_compact(good["receipt"], KeySet.import_key_set(RECEIPTS["jwks"]), algorithms=["ES256"])
    assert json.loads(opened.payload) == good["claims"]
    assert opened.headers()["typ"] == "receipt+jws"
    RECEIPT.validate(good["claims"])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "scan"}, {"event_id": "1"}, {"event_id": None}, {"elder_ids": "x"}, {"elder_ids": ["x"] * 9},
        {"claimed_at": "yesterday"}, {"seq": 0}, {"seq": 2}, {"prev": "short"}, {"position": {"lat": "39", "lon": 1}},
        {"kind": "annul"}, {"kind": "not_served"}, {"annuls": EVENTS["device_id"]}, {"extra": 1}, {"note": "x" * 201},
        {"capture": "guess"}, {"tasks": ["Bad Code"]}, {"photos": ["zz"]}, {"token": 1}, {"elapsed_ms": -1},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_schema_of_an_event_refuses(change: dict[str, Any]) -> None:
    payload = {**EVENTS["chain"][0]["payload"], **change}
    assert not EVENT.is_valid(payload), change


async def test_a_real_visit_fits_the_schemas(client: httpx.AsyncClient, world: World) -> None:
    phone = await phone_of(world.caregiver)
    visit = await world.add_visit(world.elder, plan_item=await world.add_plan_item(world.elder))
    place = {"lat": HOME[0], "lon": HOME[1], "accuracy_m": 10, "age_ms": 0}
    with standing_clock() as hands:
        texts = [arrive(phone, visit, world.elder, None, position=place)]
        hands.move(minutes=10)
        texts.append(leave(phone, visit, world.elder, None, position=place))
        answer = await client.post("/api/v1/checkins", json={"events": texts})
    keys = KeySet.import_key_set((await client.get("/api/v1/keys")).json())
    for text, receipt in zip(texts, answer.json()["receipts"], strict=True):
        EVENT.validate(claims(text))
        opened = jws.deserialize_compact(receipt["receipt"], keys, algorithms=["ES256"])
        said = json.loads(opened.payload)
        RECEIPT.validate(said)
        assert said["event_hash"] == hash_of(text)
        assert [touched["visit_id"] for touched in said["visits"]] == [str(visit)]


async def test_real_refusals_fit_the_schema(client: httpx.AsyncClient) -> None:
    refused = [
        await client.get("/api/nope"),
        await client.get("/api/v1/me"),
        await client.post("/api/v1/sessions", json={"login": 5}),
        await client.post("/api/v1/sessions", content=b"{"),
        await client.post("/api/v1/checkins", json={"events": ["x"]}),
        await client.put("/api/v1/keys"),
    ]
    for answer in refused:
        assert answer.status_code >= 400
        PROBLEM.validate(answer.json())
