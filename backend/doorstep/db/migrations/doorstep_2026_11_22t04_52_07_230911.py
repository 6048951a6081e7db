"""The queue's index also says where a visit is: an officer's counts are read from it alone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T04:52:07:230911"
VERSION = "1.38.0"
DESCRIPTION = "the queue of an area is counted by index; the trail of a provider is read by index"

STATEMENTS = """
DROP INDEX visit_queue;
CREATE INDEX visit_queue ON visit (window_start, id) INCLUDE (provider, household, hold_codes)
  WHERE settle_state = 'held' OR verify_state = 'reopened';
CREATE INDEX audit_provider ON audit (provider, id DESC) WHERE provider IS NOT NULL;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
