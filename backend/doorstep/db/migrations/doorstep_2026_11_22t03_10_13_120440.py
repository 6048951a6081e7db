"""Why a visit is held stands on the visit from the start; the queue of what awaits a decision is found by index."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T03:10:13:120440"
VERSION = "1.38.0"
DESCRIPTION = "codes of holds that stand already, the index of the queue"

STATEMENTS = """
UPDATE visit v SET hold_codes = array(
  SELECT unnest(l.holds) FROM event_visit l WHERE l.visit = v.id
    AND NOT EXISTS (SELECT FROM check_event a WHERE a.annuls = l.event) ORDER BY 1
) WHERE v.holds > 0;
DROP INDEX visit_held;
CREATE INDEX visit_queue ON visit (window_start, id) INCLUDE (provider, hold_codes)
  WHERE settle_state = 'held' OR verify_state = 'reopened';
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
