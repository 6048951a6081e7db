"""Numbers of changes hold over a restore into another cluster, whose transactions may count from a lower number."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T00:35:02:118203"
VERSION = "1.38.0"
DESCRIPTION = "numbers of changes over a restore, epochs only grow"

# change_offset() is replaced when an epoch begins (db.epoch): what is added to this cluster's transaction numbers.
STATEMENTS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON epoch FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE FUNCTION change_offset() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE RETURN 0;
CREATE FUNCTION change_number(xid8) RETURNS xid8 LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (($1::text::bigint + change_offset())::text)::xid8;
CREATE FUNCTION change_horizon() RETURNS xid8 LANGUAGE sql STABLE PARALLEL SAFE
  RETURN change_number(pg_snapshot_xmin(pg_current_snapshot()));
ALTER TABLE change ALTER COLUMN transaction SET DEFAULT change_number(pg_current_xact_id());
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
