"""The queue's index also says whose visit it is: a search goes through what waits without reading the visits."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T10:35:12:551904"
VERSION = "1.38.0"
DESCRIPTION = "the queue is searched by index"

STATEMENTS = """
DROP INDEX visit_queue;
CREATE INDEX visit_queue ON visit (window_start, id) INCLUDE (provider, household, elder, hold_codes)
  WHERE settle_state = 'held' OR verify_state = 'reopened';
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
