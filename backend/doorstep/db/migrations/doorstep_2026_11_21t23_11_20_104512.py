"""An assignment carries the day of its visit: a caregiver's calls of a day are one look-up, however many years."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-21T23:11:20:104512"
VERSION = "1.38.0"
DESCRIPTION = "assignments of a caregiver by day"

STATEMENTS = """
UPDATE assignment a SET service_day = v.service_day FROM visit v WHERE v.id = a.visit;
ALTER TABLE assignment ALTER COLUMN service_day SET NOT NULL;
CREATE FUNCTION day_of_visit() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN SELECT v.service_day INTO NEW.service_day FROM visit v WHERE v.id = NEW.visit; RETURN NEW; END $body$;
CREATE TRIGGER day_of_visit BEFORE INSERT ON assignment FOR EACH ROW EXECUTE FUNCTION day_of_visit();
DROP INDEX assignment_of_caregiver;
CREATE INDEX assignment_of_caregiver ON assignment (caregiver, service_day) WHERE ended_at IS NULL;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
