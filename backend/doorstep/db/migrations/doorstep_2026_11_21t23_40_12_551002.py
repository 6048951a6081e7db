"""A month's visits of an elder by one index; a visit's id alone must never be searched by way of the day's index."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-21T23:40:12:551002"
VERSION = "1.38.0"
DESCRIPTION = "indexes of visits by month and by day"

STATEMENTS = """
DROP INDEX visit_item_month;
CREATE INDEX visit_of_elder_month ON visit (elder, service_day) WHERE started_at IS NOT NULL;
DROP INDEX visit_of_day;
CREATE INDEX visit_of_day ON visit (service_day, window_start) INCLUDE (id);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
