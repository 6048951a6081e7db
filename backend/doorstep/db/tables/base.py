"""What the tables share: short column makers that say the intent (required, reference that must never cascade)."""

from typing import Any

from piccolo.columns import UUID, Boolean, ForeignKey, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate

from doorstep.core.ids import uuid7


def row_id() -> UUID:
    """A UUIDv7 primary key, made by us so that a client can know it before the insert."""
    return UUID(primary_key=True, default=uuid7)


def instant(*, null: bool = False, index: bool = False) -> Timestamptz:
    """An aware instant without a default: the time comes from `core.clock`."""
    return Timestamptz(default=None, null=null, index=index)


def words(*, null: bool = False, unique: bool = False, index: bool = False) -> Text:
    """Text without a default."""
    return Text(default=None, null=null, unique=unique, index=index)


def flag(default: bool = False) -> Boolean:
    """A boolean with a default."""
    return Boolean(default=default, null=False)


def reference(table: Any, *, null: bool = False, index: bool = True) -> ForeignKey:
    """A reference to a row that must not disappear: evidence is never deleted by cascade."""
    return ForeignKey(
        references=table, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, null=null, default=None, index=index
    )
