"""What leaves by push and by the text gateway fits its schema, and the examples of the signature are right."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator

from doorstep.reminders import sms
from doorstep.reminders.wire import PushPayload
from doorstep.reminders.wire_push import GatewayText

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = json.loads((SCHEMAS / "examples" / "text-message.json").read_text("utf-8"))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))


def signature(one: dict[str, str]) -> str:
    """As a gateway works it out, from what the schema says."""
    signed = f"{one['timestamp']}.{one['body']}".encode()
    return "v1=" + hmac.new(EXAMPLES["secret"].encode(), signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("good", EXAMPLES["valid"])
def test_a_message_that_a_gateway_takes(good: dict[str, str]) -> None:
    assert signature(good) == good["signature"]
    assert sms.signature(EXAMPLES["secret"], good["timestamp"], good["body"].encode()) == good["signature"]
    validator("text-message").validate(json.loads(good["body"]))
    assert msgspec.json.encode(msgspec.json.decode(good["body"], type=GatewayText)).decode() == good["body"]


@pytest.mark.parametrize("bad", EXAMPLES["invalid"], ids=lambda bad: bad["why"])
def test_a_message_that_a_gateway_refuses(bad: dict[str, str]) -> None:
    assert signature(bad) != bad["signature"]


@pytest.mark.parametrize("change", [{"kind": "advert"}, {"to": "13800138000"}, {"to": "+1555"}, {"text": None}])
def test_what_the_schema_of_a_message_refuses(change: dict[str, Any]) -> None:
    body = {**json.loads(EXAMPLES["valid"][0]["body"]), **change}
    assert not validator("text-message").is_valid(body)


def test_a_push_fits_its_schema() -> None:
    payload = PushPayload(
        id=UUID(int=7 << 76), kind="test", visit=None, at=None, day=None, topic="t", useless=datetime.now(UTC)
    )
    validator("push-message").validate(json.loads(msgspec.json.encode(payload)))
