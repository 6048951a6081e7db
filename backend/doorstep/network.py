"""What a demo for phones needs of the network: this machine's address, a certificate made on the spot, a QR to scan."""

import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path

import qrcode
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from doorstep.core import clock

_LIFE = timedelta(days=365)
_ROOT, _LEAF = "Doorstep demo 到家演示 CA", "Doorstep demo 到家演示"


def lan_address() -> str | None:
    """The address that this machine has in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket only chooses a route; 192.0.2.1 is nobody's (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if ipaddress.ip_address(address).is_loopback else address


def free_port(wanted: int, *, host: str) -> int:
    """`wanted` or the first free port after it."""
    for port in range(wanted, min(wanted + 100, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} on / {wanted} 起没有空闲端口")


def qr_in_terminal(text: str) -> str:
    """A QR code in block characters: black on white whatever the terminal's colours, bare where there are none."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    page = StringIO()
    coloured = sys.stdout.isatty()
    code.print_ascii(out=page, invert=not coloured)
    lines = page.getvalue().splitlines()
    return "\n".join(f"\x1b[38;5;16;48;5;231m{line}\x1b[0m" if coloured else line for line in lines)


def certificate(folder: Path, names: Sequence[str]) -> tuple[Path, Path]:
    """Certificate and key for these names, made when there is none for them or it ends within a month.

    Beside them is `ca.pem`, which a phone may be told to trust: its key was thrown away after this one signature.
    """
    chain, key_file = folder / "certificate.pem", folder / "key.pem"
    if not _good(chain, names):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _signed(_ROOT, authority.public_key(), authority, [])
        leaf = _signed(_LEAF, key.public_key(), authority, names)
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _write(key_file, secret)
        _write(folder / "ca.pem", root.public_bytes(pem))
        _write(chain, leaf.public_bytes(pem) + root.public_bytes(pem))
    return chain, key_file


def _names(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _signed(
    name: str, key: ec.EllipticCurvePublicKey, by: ec.EllipticCurvePrivateKey, names: Sequence[str]
) -> x509.Certificate:
    now = clock.now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(_common_name(_ROOT))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None if names else 0), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(by, hashes.SHA256())


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _good(file: Path, names: Sequence[str]) -> bool:
    try:
        there = x509.load_pem_x509_certificate(file.read_bytes())
        held = there.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return set(_names(names)) <= set(held) and there.not_valid_after_utc > clock.now() + timedelta(days=30)


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
