"""The ledger of a provider by pages, and when somebody last answered, are found fast."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T04:10:31:402118"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the ledger's readers"

STATEMENTS = """
CREATE INDEX reminder_of_provider ON reminder (provider, due_at DESC, id DESC);
CREATE INDEX reminder_answered ON reminder (person, acknowledged_at DESC) WHERE acknowledged_at IS NOT NULL;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
