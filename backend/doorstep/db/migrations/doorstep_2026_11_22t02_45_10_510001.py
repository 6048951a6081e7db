"""What a typed code of an invitation is found by, a repeated answer to it, and one open objection at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Bytea
from piccolo.columns.indexes import IndexMethod

from doorstep.db.engine import DB

ID = "2026-11-22T02:45:10:510001"
VERSION = "1.38.0"
DESCRIPTION = "invitations of families by a typed code; one open objection of a member to a visit"

STATEMENTS = """
CREATE UNIQUE INDEX feedback_one_objection ON feedback (visit, member) WHERE kind = 'object' AND outcome IS NULL;
CREATE INDEX feedback_due ON feedback (COALESCE(answer_due_on, '0001-01-01'), at, id)
  WHERE kind IN ('ask', 'object') AND outcome IS NULL;
CREATE INDEX feedback_newest ON feedback (at DESC, id DESC);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_column(
        table_class_name="FamilyInvite",
        tablename="family_invite",
        column_name="attempt_sha256",
        db_column_name="attempt_sha256",
        column_class_name="Bytea",
        column_class=Bytea,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_column(
        table_class_name="FamilyInvite",
        tablename="family_invite",
        column_name="code_fingerprint",
        db_column_name="code_fingerprint",
        column_class_name="Bytea",
        column_class=Bytea,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": True,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_raw(run)
    return manager
