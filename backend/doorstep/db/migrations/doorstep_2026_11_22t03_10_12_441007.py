from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, Array, ForeignKey, Text
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-22T03:10:12:441007"
VERSION = "1.38.0"
DESCRIPTION = "codes of holds on the visit, answers of decisions, caregivers' accounts"

PLAIN = {
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}


class Caregiver(Table, tablename="caregiver", schema=None):
    id = UUID(default=None, null=False, primary_key=True)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Account",
        tablename="account",
        column_name="caregiver",
        db_column_name="caregiver",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            **PLAIN,
            "references": Caregiver,
            "on_delete": OnDelete.restrict,
            "on_update": OnUpdate.restrict,
            "target_column": None,
            "null": True,
            "index": True,
        },
        schema=None,
    )
    for table, name, column, kind in (
        ("Visit", "visit", "hold_codes", Text(default="", null=False)),
        ("Decision", "decision", "answers", UUID(null=False)),
    ):
        manager.add_column(
            table_class_name=table,
            tablename=name,
            column_name=column,
            db_column_name=column,
            column_class_name="Array",
            column_class=Array,
            params={**PLAIN, "default": list, "base_column": kind, "null": False},
            schema=None,
        )
    return manager
