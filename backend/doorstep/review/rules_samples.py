"""How a sample is drawn: a pure function of the seed and of who may be drawn, so that anybody can draw it again.

Population: the visits of [since, until), by their civil day in Asia/Shanghai, that are verified when it is drawn
(`verified` or `auto_verified`), within the provider or area that the sample names. They are kept with the sample, as
decisions of later change what is verified. Each visit has the key

    SHA-256( seed as UTF-8 || the 16 bytes of the visit's id )

and the sample is the first `size` visits in the order of their keys. The population's own mark is SHA-256 over the ids'
16 bytes each, in ascending order: who has the same mark and seed has the same sample. Vectors stand in
schemas/examples/samples.json.

The seed is what the drawer named, if anything, and a random number of the server's that is made in the moment of
drawing: whoever could try out seeds before would find one that draws what they want.
"""

import hashlib
from collections.abc import Collection
from uuid import UUID


def key(seed: str, visit: UUID) -> bytes:
    """Where a visit stands among all, for a seed."""
    return hashlib.sha256(seed.encode() + visit.bytes).digest()


def draw(population: Collection[UUID], seed: str, size: int) -> list[UUID]:
    """The first `size` visits in the order of their keys; all of them if there are fewer."""
    return sorted(set(population), key=lambda visit: key(seed, visit))[:size]


def seed_of(words: str, number: str) -> str:
    """The seed as it is published: what the drawer named, and the server's number."""
    return f"{words} · {number}" if words else number


def packed(population: Collection[UUID]) -> bytes:
    """A population as it is kept: 16 bytes a visit, in ascending order."""
    return b"".join(sorted(visit.bytes for visit in set(population)))


def unpacked(kept: bytes) -> list[UUID]:
    """The visits of a kept population, in ascending order."""
    return [UUID(bytes=kept[at : at + 16]) for at in range(0, len(kept), 16)]


def mark(kept: bytes) -> bytes:
    """What tells one kept population from another."""
    return hashlib.sha256(kept).digest()


DIFFERS = frozenset({"differs", "did_not_happen"})
"""Outcomes that open the visit again."""
EXPLAINED = DIFFERS
"""Outcomes that need words: what was found."""
