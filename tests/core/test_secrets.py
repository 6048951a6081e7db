"""Signatures that any JOSE library can check, sealed fields, keys that are made once and never replaced silently."""

import base64
import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.jwk import ECKey, OctKey

from doorstep.core import jws, keys, vault
from doorstep.core.vault import SealBroken, Vault
from doorstep.settings import Settings

ALGORITHMS = ["ES256", "HS256"]


@pytest.fixture(scope="module")
def signer() -> jws.Signer:
    return jws.Signer(ec.generate_private_key(ec.SECP256R1()), kid="key-1")


class TestJws:
    def test_another_library_verifies_what_we_sign(self, signer: jws.Signer) -> None:
        text = signer.sign({"event_id": "1", "codes": []}, typ="receipt+jws")
        opened = jose.deserialize_compact(text, ECKey.import_key(dict(signer.jwk())), algorithms=ALGORITHMS)
        assert opened.payload == b'{"event_id":"1","codes":[]}'
        assert opened.headers() == {"alg": "ES256", "kid": "key-1", "typ": "receipt+jws"}

    def test_we_verify_what_another_library_signs(self) -> None:
        key = ECKey.generate_key("P-256")
        text = jose.serialize_compact({"alg": "ES256", "kid": "phone", "typ": "checkin+jws"}, b"{}", key, ALGORITHMS)
        numbers = key.public_key.public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        parsed = jws.parse(text, typ="checkin+jws")
        assert jws.verified(parsed, point)
        assert (parsed.header.kid, parsed.payload) == ("phone", b"{}")

    def test_a_changed_character_is_seen(self, signer: jws.Signer) -> None:
        text = signer.sign({"n": 1}, typ="t")
        assert jws.verified(jws.parse(text, typ="t"), signer.point())
        head, payload, signature = text.split(".")
        forged = base64.urlsafe_b64encode(b'{"n":2}').decode().rstrip("=")
        assert not jws.verified(jws.parse(f"{head}.{forged}.{signature}", typ="t"), signer.point())
        other = jws.Signer(ec.generate_private_key(ec.SECP256R1()), kid="key-1")
        assert not jws.verified(jws.parse(f"{head}.{payload}.{signature}", typ="t"), other.point())

    @pytest.mark.parametrize("zero", ["r", "s", "both"])
    def test_a_signature_of_zeros_is_nobodys(self, signer: jws.Signer, zero: str) -> None:
        parsed = jws.parse(signer.sign({}, typ="t"), typ="t")
        r, s = parsed.signature[:32], parsed.signature[32:]
        nothing = bytes(32)
        broken = {"r": nothing + s, "s": r + nothing, "both": nothing * 2}[zero]
        assert not jws.verified(jws.Parsed(parsed.header, parsed.payload, parsed.signed, broken), signer.point())

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", "es256"])
    def test_another_algorithm_is_never_verified(self, signer: jws.Signer, algorithm: str) -> None:
        header = f'{{"alg":"{algorithm}","typ":"t"}}'
        _, payload, signature = signer.sign({}, typ="t").split(".")
        assert not jws.verified(jws.parse(f"{jws.b64(header.encode())}.{payload}.{signature}", typ="t"), signer.point())

    @pytest.mark.parametrize(
        "text", ["", "..", "a.b", "a.b.c.d", "a.b.c", "é.é.é", "e30.e30.e30", "e30=.e30=.e30=", "e30\n.e30.e30"]
    )
    def test_what_is_no_jws(self, text: str) -> None:
        with pytest.raises(jws.Malformed):
            jws.parse(text, typ="t")

    @pytest.mark.parametrize(
        "header",
        [
            b'{"alg":"ES256","typ":"t","jwk":{}}',
            b'{"alg":"ES256","typ":"other"}',
            b"[" * 20_000,
            b'{"typ":"\xff"}',
            b"",
        ],
        ids=["a key of its own", "another kind", "deep", "not UTF-8", "empty"],
    )
    def test_a_header_that_is_not_ours(self, header: bytes) -> None:
        with pytest.raises(jws.Malformed):
            jws.parse(f"{jws.b64(header)}.e30.e30", typ="t")

    @given(st.text())
    def test_no_text_is_a_failure(self, text: str) -> None:
        with pytest.raises(jws.Malformed):
            jws.parse(text, typ="t")

    @given(st.binary())
    def test_base64url_there_and_back(self, data: bytes) -> None:
        assert jws.unb64(jws.b64(data)) == data

    def test_a_point_that_is_not_on_the_curve_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r".*"):
            jws.public_key(b"\x04" + b"\x01" * 64)

    def test_our_own_statements(self) -> None:
        key = os.urandom(32)
        text = jws.mac({"at": "now"}, typ="anchor+jws", key=key)
        assert jws.open_mac(text, typ="anchor+jws", key=key, decode=lambda data: data) == b'{"at":"now"}'
        opened = jose.deserialize_compact(text, OctKey.import_key(key), algorithms=ALGORITHMS)
        assert opened.payload == b'{"at":"now"}'
        with pytest.raises(jws.Malformed):
            jws.open_mac(text, typ="anchor+jws", key=os.urandom(32), decode=lambda data: data)
        with pytest.raises(jws.Malformed):
            jws.open_mac(text, typ="other+jws", key=key, decode=lambda data: data)

    def test_a_public_key_is_not_the_key_of_a_mac(self, signer: jws.Signer) -> None:
        """The old confusion: HS256 keyed with the public point must not pass for a signature."""
        text = jws.mac({}, typ="t", key=signer.point())
        assert not jws.verified(jws.parse(text, typ="t"), signer.point())


class TestVault:
    safe = Vault(bytes(range(32)))

    @given(st.text())
    def test_there_and_back(self, text: str) -> None:
        assert self.safe.open(self.safe.seal(text, "elder.name"), "elder.name") == text

    def test_the_same_text_is_never_sealed_alike_but_has_one_fingerprint(self) -> None:
        assert self.safe.seal("龚国栋", "elder.name") != self.safe.seal("龚国栋", "elder.name")
        assert self.safe.fingerprint("龚国栋", "elder.name") == self.safe.fingerprint("龚国栋", "elder.name")
        assert self.safe.fingerprint("龚国栋", "elder.name") != self.safe.fingerprint("龚国栋", "household.address")

    @given(st.binary(max_size=80))
    def test_what_was_not_sealed_here_is_broken_and_never_a_failure(self, data: bytes) -> None:
        with pytest.raises(SealBroken):
            self.safe.open(data, "elder.name")

    @given(st.integers(0, 40))
    def test_every_changed_byte_is_seen(self, place: int) -> None:
        sealed = bytearray(self.safe.seal("龚国栋 1", "elder.name"))
        sealed[place % len(sealed)] ^= 1
        with pytest.raises(SealBroken):
            self.safe.open(bytes(sealed), "elder.name")

    def test_another_purpose_or_key_opens_nothing(self) -> None:
        sealed = self.safe.seal("13800000001", "elder.phone")
        with pytest.raises(SealBroken):
            self.safe.open(sealed, "caregiver.phone")
        with pytest.raises(SealBroken):
            Vault(os.urandom(32)).open(sealed, "elder.phone")

    def test_a_short_root_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32"):
            Vault(b"short")


def _install(folder: str) -> str:
    keys.install(Settings(data_dir=Path(folder)))
    return vault.current().derive("x").hex() + jws.signer().kid


class TestKeys:
    def test_they_are_made_once_and_are_the_owners_only(self, tmp_path: Path) -> None:
        first = _install(str(tmp_path))
        assert _install(str(tmp_path)) == first
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
        for file in (tmp_path / "keys").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert {file.name for file in (tmp_path / "keys").iterdir()} == {"root.key", "receipt.pem"}

    def test_processes_that_start_at_once_agree(self, tmp_path: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            assert len(set(pool.map(_install, [str(tmp_path)] * 6))) == 1

    def test_the_root_of_the_environment_comes_first(self, tmp_path: Path) -> None:
        root = bytes(range(32))
        keys.install(Settings(data_dir=tmp_path, root_key=base64.b64encode(root).decode()))
        assert vault.current().derive("x") == Vault(root).derive("x")
        assert not (tmp_path / "keys" / "root.key").exists()

    @pytest.mark.parametrize("root", ["short", "!!!", base64.b64encode(b"x" * 31).decode()])
    def test_a_root_that_cannot_be_used_is_said(self, tmp_path: Path, root: str) -> None:
        with pytest.raises(keys.KeyUnusable):
            keys.install(Settings(data_dir=tmp_path, root_key=root))

    @pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\xfe"])
    def test_a_broken_key_file_is_said_and_left_alone(self, tmp_path: Path, content: bytes) -> None:
        _install(str(tmp_path))
        for name in ("receipt.pem", "root.key"):
            kept = (tmp_path / "keys" / name).read_bytes()
            (tmp_path / "keys" / name).write_bytes(content)
            with pytest.raises(keys.KeyUnusable):
                _install(str(tmp_path))
            assert (tmp_path / "keys" / name).read_bytes() == content
            (tmp_path / "keys" / name).write_bytes(kept)
