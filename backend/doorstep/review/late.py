"""Notices that arrive late: a death or a stay in hospital recorded after the visits of those days holds them, from its
date on and nothing before, until a person has decided; taken back or moved, it frees what it no longer covers.
"""

from collections.abc import Collection
from uuid import UUID

from doorstep.checkins import service as checkins
from doorstep.core import clock
from doorstep.db.engine import unit_of_work
from doorstep.identity.wire import SYSTEM
from doorstep.review import late_store

KINDS = frozenset({"deceased", "hospital_stay", "respite_stay", "away", "welfare_institution"})
BATCH = 100


async def follow() -> int:
    """Reads on until nothing is left; answers how many holds were placed or lifted."""
    moved = 0
    while True:
        read, done = await _batch()
        moved += done
        if read < BATCH:
            return moved


async def _batch() -> tuple[int, int]:
    async with unit_of_work():
        if not await late_store.lock(SYSTEM):
            return 0, 0
        now, at, horizon = clock.now(), await late_store.cursor(SYSTEM), await late_store.horizon(SYSTEM)
        rows = await late_store.notices(SYSTEM, at, horizon, BATCH)
        if len(rows) < BATCH:
            if rows or at[0] < horizon:
                await late_store.put_cursor(SYSTEM, horizon, 0, now)
        else:
            await late_store.put_cursor(SYSTEM, int(rows[-1]["transaction"]), rows[-1]["id"], now)
        elders = {row["subject"] for row in rows}
        moved = 0
        if elders:
            for row in await late_store.gone(SYSTEM, elders):
                moved += await checkins.lift_hold(SYSTEM, row["visit"], row["code"], row["source"])
            moved += await _hold(elders)
        return len(rows), moved


async def hold_entered(visit: UUID, elder: UUID) -> None:
    """Holds a visit for what was recorded of its day while it had not begun: its notices were read long ago.

    Inside the unit of work that enters it.
    """
    await _hold({elder}, visit)


async def _hold(elders: Collection[UUID], visit: UUID | None = None) -> int:
    rows = await late_store.reached(SYSTEM, elders, KINDS, visit=visit)
    return sum([await checkins.place_hold(SYSTEM, row["visit"], row["code"], row["status"]) for row in rows])
