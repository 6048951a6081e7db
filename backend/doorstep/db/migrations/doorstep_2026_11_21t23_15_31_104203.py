"""The instant inside its bracket that the records use stands with each event; a caregiver's time is looked up by it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz

from doorstep.db.engine import DB

ID = "2026-11-21T23:15:31:104203"
VERSION = "1.38.0"
DESCRIPTION = "instants of stored events"

STATEMENTS = """
ALTER TABLE check_event DISABLE TRIGGER append_only;
UPDATE check_event SET at =
  GREATEST(LEAST(claimed_at, received_at), COALESCE(earliest_at, LEAST(claimed_at, received_at)));
ALTER TABLE check_event ENABLE TRIGGER append_only;
ALTER TABLE event_visit DISABLE TRIGGER append_only;
UPDATE event_visit l SET holds =
  array(SELECT f.code FROM finding f WHERE f.event = l.event AND f.visit = l.visit AND f.severity = 'hold');
ALTER TABLE event_visit ENABLE TRIGGER append_only;
DROP INDEX event_of_caregiver;
CREATE INDEX event_of_caregiver ON check_event (caregiver, at DESC);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    manager.alter_column(
        table_class_name="CheckEvent",
        tablename="check_event",
        column_name="at",
        db_column_name="at",
        params={"null": False},
        old_params={"null": True},
        column_class=Timestamptz,
        old_column_class=Timestamptz,
        schema=None,
    )
    return manager
