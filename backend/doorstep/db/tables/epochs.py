"""Since when this database has been telling its story without having gone back in time."""

from piccolo.columns import Integer
from piccolo.table import Table

from doorstep.db.tables.base import instant, row_id, words


class Epoch(Table, tablename="epoch"):
    """One stretch of time in which nothing that was written was forgotten again. Append-only; the highest number rules.

    A restored backup ends the one before: phones that learn of a new one send again what they keep.
    """

    id = row_id()
    number = Integer(default=None, unique=True)
    began_at = instant()
    reason = words()  # new restored declared
    fingerprint = words()  # of the place in which it began, see db.epoch
