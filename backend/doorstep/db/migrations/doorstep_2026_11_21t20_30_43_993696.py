"""Readers of the changes go on in the order of transactions: ids alone are handed out in another order than transactions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-21T20:30:43:993696"
VERSION = "1.38.0"
DESCRIPTION = "changes are read in the order of transactions"

STATEMENTS = """
CREATE INDEX change_order ON change (transaction, id);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
