"""What an event did to a visit may change once: a check-in takes the place of one that was taken back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T00:58:40:310274"
VERSION = "1.38.0"
DESCRIPTION = "a later row tells what an event does to a visit now"

STATEMENTS = """
DROP INDEX event_visit_once;
CREATE UNIQUE INDEX event_visit_once ON event_visit (event, visit, effect);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
