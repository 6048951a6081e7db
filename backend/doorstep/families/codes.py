"""How a typed code is found, and for what names of a family are sealed."""

from doorstep.core import vault

INVITED, MEMBER = "family_invite.name", "family_member.name"


def fingerprint(code: str) -> bytes:
    """A keyed hash: 40 bits are soon tried out by whoever has a plain one."""
    return vault.current().fingerprint(code, "family_invite.code")
