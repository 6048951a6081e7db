"""What identity must not let out: secrets in logs, answers and addresses. And what it must: its public keys."""

import logging

import httpx
import pytest
from joserfc import jws as jose
from joserfc.jwk import KeySet

from doorstep.core import anchors, jws
from doorstep.core.ids import uuid7
from identity.conftest import SignIn
from support.phone import Phone
from support.sign_in import phone_of
from support.world import PASSWORD, World


async def test_logs_and_refusals_hold_no_secret_and_no_number(
    client: httpx.AsyncClient, world: World, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    signed_in = await sign_in()
    refused = [await sign_in(password="a wrong one, 13800000001"), await sign_in(login="13800000001")]
    body = {"caregiver_id": str(world.caregiver)}
    token = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    secret = (await client.post("/api/v1/enrolments", json=body, headers=token)).json()["secret"]
    phone = Phone()
    refused.append(await client.post("/api/v1/enrolments/redeem", json={**phone.redemption(secret), "proof": "x.y.z"}))
    redeemed = (await client.post("/api/v1/enrolments/redeem", json=phone.redemption(secret))).json()
    refused.append(await client.post("/api/v1/enrolments/redeem", json=Phone().redemption(secret)))
    listed = await client.get("/api/v1/caregivers", headers=token)
    assert listed.status_code == 200
    let_out = caplog.text + "".join(answer.text for answer in refused) + listed.text
    for kept in (PASSWORD, "a wrong one", "13800000001", signed_in.json()["token"], secret, redeemed["token"]):
        assert kept not in let_out


async def test_receipts_can_be_verified_with_the_public_keys_by_anybody(client: httpx.AsyncClient) -> None:
    published = (await client.get("/api/v1/keys")).json()
    receipt = jws.signer().sign({"verdict": "accepted"}, typ="receipt+jws")
    read = jose.deserialize_compact(receipt, KeySet.import_key_set(published), algorithms=["ES256"])
    assert read.payload == b'{"verdict":"accepted"}'
    assert "d" not in published["keys"][0]


async def test_an_anchor_is_for_one_phone(world: World) -> None:
    phone = await phone_of(world.caregiver)
    assert phone.anchor
    with pytest.raises(jws.Malformed):
        anchors.open(phone.anchor, uuid7())
    for text in ("", "a.b.c", phone.anchor[:-4] + "AAAA", phone.sign({"at": "x"}), "é.é.é"):
        with pytest.raises(jws.Malformed):
            anchors.open(text, uuid7())
