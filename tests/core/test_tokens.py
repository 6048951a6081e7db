"""Household tokens and short codes, by the examples that the PWA's tests read too, and by properties."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from doorstep.core import tokens
from doorstep.core.tokens import PublicUrlUnusable, TokenMalformed

SCHEMAS = Path(__file__).parents[2] / "schemas"
TOKEN = json.loads((SCHEMAS / "examples" / "household-token.json").read_text())
SHORT = json.loads((SCHEMAS / "examples" / "short-code.json").read_text())
SCHEMA = json.loads((SCHEMAS / "household-token.schema.json").read_text())

bits = st.binary(min_size=16, max_size=16)


def conforms(text: str, name: str) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}).is_valid(text)


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize("case", TOKEN["valid"], ids=lambda case: case["text"])
def test_what_a_printed_code_says(case: dict[str, str]) -> None:
    token = tokens.token_of_qr(case["text"])
    assert token == case["token"]
    assert conforms(token, "token")
    assert unpadded(tokens.token_sha256(token)) == case["token_sha256"]
    salt = base64.urlsafe_b64decode(case["code_salt"] + "==")
    assert tokens.salted_hash(salt, tokens.token_sha256(token)) == case["code_hash"]
    assert conforms(case["code_hash"], "code_hash")


@pytest.mark.parametrize("case", TOKEN["malformed"] + TOKEN["foreign"], ids=lambda case: case["text"])
def test_what_is_not_a_printed_code(case: dict[str, str]) -> None:
    with pytest.raises(TokenMalformed):
        tokens.token_of_qr(case["text"])
    assert not conforms(case["text"], "qr_text")


@pytest.mark.parametrize("case", TOKEN["normalised"], ids=lambda case: case["text"])
def test_other_spellings_of_a_token(case: dict[str, str]) -> None:
    assert tokens.parse_token(case["text"]) == case["token"]


@pytest.mark.parametrize("case", TOKEN["not_normalised"], ids=lambda case: case["why"])
def test_look_alikes_are_not_a_spelling(case: dict[str, str]) -> None:
    with pytest.raises(TokenMalformed):
        tokens.parse_token(case["text"])
    assert not conforms(case["text"], "token")


@pytest.mark.parametrize("case", TOKEN["from_bits"], ids=lambda case: case["bits"])
def test_a_token_is_the_bits_it_is_made_of(case: dict[str, str]) -> None:
    assert tokens.new_token(lambda _count: bytes.fromhex(case["bits"])) == case["token"]


@given(bits, bits)
def test_tokens_are_as_many_as_their_bits(one: bytes, other: bytes) -> None:
    assume(one != other)
    assert tokens.new_token(lambda _count: one) != tokens.new_token(lambda _count: other)


@given(bits, st.from_regex(r"[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?(\.[a-z]{2,5}){1,2}", fullmatch=True))
def test_a_printed_token_is_read_back(entropy: bytes, host: str) -> None:
    token = tokens.new_token(lambda _count: entropy)
    text = tokens.qr_text(f"https://{host}", token)
    assert conforms(text, "qr_text")
    assert tokens.token_of_qr(text) == tokens.token_of_qr(text.lower()) == token


@given(st.text(max_size=40))
def test_any_text_is_a_token_or_malformed(text: str) -> None:
    try:
        token = tokens.parse_token(text)
    except TokenMalformed:
        return
    assert conforms(token, "token")
    assert tokens.parse_token(token) == token


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://care.chaoyang-district.example", "at most"),
        ("https://[::1", "not an address"),
        ("https://[::1]:8000", "letters"),
        ("https://到家.cn", "letters"),
        ("https://a_b.cn", "letters"),
        ("https://dj.cn/app", "nothing may follow"),
        ("https://dj.cn/?a=1", "nothing may follow"),
        ("https://user@dj.cn", "https://host"),
        ("ftp://dj.cn", "https://host"),
        ("dj.cn", "https://host"),
        ("", "https://host"),
    ],
)
def test_a_public_address_that_cannot_be_printed_says_why(url: str, says: str) -> None:
    with pytest.raises(PublicUrlUnusable) as caught:
        tokens.qr_text(url, TOKEN["valid"][0]["token"])
    assert says in caught.value.detail_en
    assert "DOORSTEP_PUBLIC_URL" in caught.value.detail


@pytest.mark.parametrize(
    "url",
    ["https://dj.example.cn", "https://dj.example.cn/", "http://192.168.100.200:8000", "https://" + "a" * 21 + ".cn"],
)
def test_a_public_address_that_can(url: str) -> None:
    assert len(tokens.qr_text(url, TOKEN["valid"][0]["token"])) <= 62


@pytest.mark.parametrize("case", SHORT["valid"], ids=lambda case: case["typed"])
def test_a_typed_short_code(case: dict[str, str]) -> None:
    digits = tokens.parse_short_code(case["typed"])
    assert digits == case["digits"]
    assert tokens.printed_short_code(digits) == case["printed"]
    assert conforms(digits, "short_code")


# The tenth digit cannot be typed on the phone, where the field holds nine.
@pytest.mark.parametrize(
    "case", [*SHORT["invalid"], {"typed": "4821307540", "why": "ten digits"}], ids=lambda case: case["why"]
)
def test_what_is_not_a_short_code(case: dict[str, str]) -> None:
    with pytest.raises(TokenMalformed):
        tokens.parse_short_code(case["typed"])


@given(st.integers(0, 2**32 - 1))
def test_a_new_short_code_is_valid_and_its_printed_form_is_read_back(number: int) -> None:
    draws = iter([number.to_bytes(4, "big"), bytes(4)])
    code = tokens.new_short_code(lambda _count: next(draws))
    assert code[:8] == (f"{number % 10**8:08d}" if number < 42 * 10**8 else "00000000")
    assert tokens.parse_short_code(tokens.printed_short_code(code)) == code


@given(st.integers(0, 10**8 - 1), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(eight: int, place: int, added: int) -> None:
    code = tokens.new_short_code(lambda _count: eight.to_bytes(4, "big"))
    wrong = code[:place] + str((int(code[place]) + added) % 10) + code[place + 1 :]
    with pytest.raises(TokenMalformed):
        tokens.parse_short_code(wrong)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    examples: list[Any] = [*SCHEMA["examples"], *(case["token"] for case in TOKEN["from_bits"])]
    assert all(Draft202012Validator(SCHEMA).is_valid(example) for example in examples)
