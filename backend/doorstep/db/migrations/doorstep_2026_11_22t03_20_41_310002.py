"""A visit keeps the place of its plan's day when it is moved to another one; a replaced certificate takes no place."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T03:20:41:310002"
VERSION = "1.38.0"
DESCRIPTION = "places of moved visits and of replaced certificates, actions of a day"

STATEMENTS = """
DROP INDEX visit_occurrence;
CREATE UNIQUE INDEX visit_occurrence ON visit (plan_item, (COALESCE(planned_day, service_day)), ordinal)
  WHERE plan_item IS NOT NULL;
CREATE INDEX visit_moved ON visit (planned_day) WHERE planned_day IS NOT NULL;
DROP INDEX qualification_once;
CREATE UNIQUE INDEX qualification_once ON qualification (caregiver, kind, valid_until) NULLS NOT DISTINCT
  WHERE replaced_at IS NULL;
CREATE INDEX office_action_at ON office_action (at DESC, id DESC);
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
