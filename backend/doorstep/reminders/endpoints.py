"""Which addresses a push message may be sent to: an endpoint is what a browser handed in, so it is trusted for nothing.

Pure: what is written in it, and whether an address that its name stands for belongs to the open internet.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import msgspec

LONGEST = 2000

# No user, no fragment, nothing that two parsers could read in two ways.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?)",
    re.ASCII,
)
_PORTS = {"https": 443, "http": 80}
_NAT64 = IPv6Network("64:ff9b::/96")


class Allowed(msgspec.Struct, frozen=True):
    """The setting, read: names (`*.` for everything below one) and exact origins that the operator trusts."""

    names: tuple[str, ...]
    origins: frozenset[tuple[str, str, int]]

    def trusts(self, host: str, port: int) -> bool:
        """Whether the operator has named this very place, so that its address may be a private one."""
        return any((scheme, host, port) in self.origins for scheme in _PORTS)


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint that may be called, taken apart."""

    url: str
    scheme: str
    host: str
    port: int
    trusted: bool

    @property
    def origin(self) -> str:
        """Scheme, host and a port that is not the usual one: the audience of a VAPID token."""
        return f"{self.scheme}://{self.host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


@lru_cache(maxsize=16)
def allowed(setting: str) -> Allowed:
    """Reads DOORSTEP_PUSH_HOSTS; what is neither a name nor an origin allows nothing."""
    names, origins = [], set()
    for entry in (part.strip().lower() for part in setting.split(",")):
        taken = _URL.fullmatch(f"{entry.rstrip('/')}/")
        if taken:
            origins.add((taken["scheme"], taken["host"], int(taken["port"] or _PORTS[taken["scheme"]])))
        elif re.fullmatch(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+", entry, re.ASCII) and not _numeric(entry):
            names.append(entry)
    return Allowed(tuple(names), frozenset(origins))


def checked(endpoint: str, setting: str) -> Endpoint | None:
    """The endpoint, if it may be called: https on its usual port at a host of the list, or a trusted origin."""
    scheme, separator, rest = endpoint.partition("://")
    host, slash, path = rest.partition("/")
    taken = _URL.fullmatch(f"{scheme.lower()}{separator}{host.lower()}{slash}{path}")
    if taken is None or len(endpoint) > LONGEST:
        return None
    port = int(taken["port"] or _PORTS[taken["scheme"]])
    list_ = allowed(setting)
    trusted = (taken["scheme"], taken["host"], port) in list_.origins
    named = taken["scheme"] == "https" and port == 443 and not _numeric(taken["host"])
    if not trusted and not (named and any(_matches(taken["host"], name) for name in list_.names)):
        return None
    return Endpoint(taken[0], taken["scheme"], taken["host"], port, trusted)


def _matches(host: str, name: str) -> bool:
    return host.endswith(name[1:]) and len(host) >= len(name) if name.startswith("*.") else host == name


def _numeric(host: str) -> bool:
    """An address in one of the ways in which they are written: no top-level domain is a number."""
    return re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]) is not None


def is_open_internet(address: str) -> bool:
    """Whether an address is one of the open internet, not of this machine, its network or a special purpose."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_global(found)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_global(address.ipv4_mapped)
        if address in _NAT64:
            return _is_global(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
