from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Date
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T03:20:40:310001"
VERSION = "1.38.0"
DESCRIPTION = "visits moved to another day, certificates whose dates moved"

_PLAIN = {
    "default": None,
    "null": True,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    for table_class, table, column, kind in (
        ("Visit", "visit", "planned_day", Date),
        ("Qualification", "qualification", "stated_until", Date),
        ("Qualification", "qualification", "replaced_at", Timestamptz),
        ("Qualification", "qualification", "recorded_by", UUID),
        ("LeavePeriod", "leave_period", "recorded_by", UUID),
    ):
        manager.add_column(
            table_class_name=table_class,
            tablename=table,
            column_name=column,
            db_column_name=column,
            column_class_name=kind.__name__,
            column_class=kind,
            params=dict(_PLAIN),
            schema=None,
        )

    return manager
