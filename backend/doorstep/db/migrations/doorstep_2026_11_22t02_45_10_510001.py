"""What a typed code of an invitation is found by, a repeated answer to it, and one open objection at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T02:45:10:510001"
VERSION = "1.38.0"
DESCRIPTION = "invitations of families by a typed code; one open objection of a member to a visit"

STATEMENTS = """
ALTER TABLE family_invite ADD COLUMN code_fingerprint bytea UNIQUE;
ALTER TABLE family_invite ADD COLUMN attempt_sha256 bytea;
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

    manager.add_raw(run)
    return manager
