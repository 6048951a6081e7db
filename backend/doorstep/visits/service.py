"""Use cases of visits: expansion, assignment, orders, the sweep; and what other features ask of them."""

from doorstep.db.changes import NewChange
from doorstep.db.changes import record as record_change
from doorstep.db.changes import record_all as record_changes

__all__ = ["NewChange", "record_change", "record_changes"]
