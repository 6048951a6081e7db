"""Partial uniqueness, checks, hot-path indexes, append-only evidence, wake-up of readers: what the table classes cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-21T20:11:10:440051"
VERSION = "1.38.0"
DESCRIPTION = "constraints the builder cannot say"

STATEMENTS = """
CREATE UNIQUE INDEX device_one_live ON device (caregiver) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX household_code_one_live ON household_code (household) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX area_name ON area (parent, name) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX qualification_once ON qualification (caregiver, kind, valid_until) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX elder_status_once ON elder_status (elder, kind, valid_from, level, valid_to) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX service_agreement_once ON service_agreement (elder, provider, valid_from);
CREATE UNIQUE INDEX monthly_cap_once ON monthly_cap (programme, service_type, valid_from);
CREATE UNIQUE INDEX care_plan_once ON care_plan (elder, programme, version);
CREATE UNIQUE INDEX visit_occurrence ON visit (plan_item, service_day, ordinal) WHERE plan_item IS NOT NULL;
CREATE UNIQUE INDEX assignment_live ON assignment (visit, caregiver) WHERE ended_at IS NULL;
CREATE INDEX assignment_of_caregiver ON assignment (caregiver, visit) WHERE ended_at IS NULL;
CREATE INDEX visit_of_elder ON visit (elder, window_start DESC);
CREATE INDEX visit_of_provider ON visit (provider, service_day, op_state);
CREATE INDEX visit_of_day ON visit (service_day, window_start, id);
CREATE INDEX visit_item_month ON visit (plan_item, service_day) WHERE started_at IS NOT NULL;
CREATE INDEX event_of_device ON check_event (device, seq);
CREATE INDEX event_hash ON check_event (hash);
CREATE INDEX event_of_caregiver ON check_event (caregiver, claimed_at DESC);
CREATE UNIQUE INDEX event_annuls ON check_event (annuls) WHERE annuls IS NOT NULL;
CREATE INDEX event_received ON check_event USING brin (received_at);
CREATE UNIQUE INDEX event_visit_once ON event_visit (event, visit);
CREATE INDEX change_subject ON change (subject, id);
ALTER TABLE change ADD COLUMN transaction xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE visit ADD CONSTRAINT visit_op_state CHECK (op_state IN ('planned','assigned','in_progress','completed','missed','not_served','unclosed','cancelled'));
ALTER TABLE visit ADD CONSTRAINT visit_verify_state CHECK (verify_state IN ('none','pending','auto_verified','needs_review','verified','rejected','reopened'));
ALTER TABLE visit ADD CONSTRAINT visit_settle_state CHECK (settle_state IN ('unsettled','held','in_statement','paid','clawed_back','not_payable'));
ALTER TABLE visit ADD CONSTRAINT visit_grade CHECK (grade IN ('A','B','C','D'));
ALTER TABLE visit ADD CONSTRAINT visit_window CHECK (window_end > window_start);
ALTER TABLE visit ADD CONSTRAINT visit_times CHECK (ended_at >= started_at);
ALTER TABLE check_event ADD CONSTRAINT check_event_kind CHECK (kind IN ('check_in','check_out','not_served','annul'));
ALTER TABLE check_event ADD CONSTRAINT check_event_verdict CHECK (verdict IN ('accepted','accepted_with_findings'));
ALTER TABLE account ADD CONSTRAINT account_role CHECK (role IN ('dispatcher','manager','officer','auditor','admin'));
ALTER TABLE session ADD CONSTRAINT session_of_one CHECK (num_nonnulls(account, device) = 1);
ALTER TABLE household_code ALTER COLUMN version SET NOT NULL;
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $body$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON check_event FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_visit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refused_event FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE FUNCTION wake_readers() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN PERFORM pg_notify('change', ''); RETURN NULL; END $body$;
CREATE TRIGGER wake_readers AFTER INSERT ON change FOR EACH STATEMENT EXECUTE FUNCTION wake_readers();
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
