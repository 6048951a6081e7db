"""What may stand once, what is found fast, and what is never changed, in the tables of reminders, families, review."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from doorstep.db.engine import DB

ID = "2026-11-22T02:27:50:100200"
VERSION = "1.38.0"
DESCRIPTION = "indexes and append-only tables of reminders, families and review"

STATEMENTS = """
CREATE UNIQUE INDEX reminder_once ON reminder (thing, occasion);
CREATE INDEX reminder_next ON reminder (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX reminder_live ON reminder (person, due_at) WHERE state IN ('planned', 'sent');
CREATE INDEX reminder_topic ON reminder (topic) WHERE state IN ('planned', 'sent');
CREATE UNIQUE INDEX calendar_feed_one_live ON calendar_feed (caregiver) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX gateway_message_once ON gateway_message (reminder);
CREATE INDEX gateway_message_next ON gateway_message (next_at) WHERE next_at IS NOT NULL;
CREATE UNIQUE INDEX watch_one_live ON watch (person, elder, kind) WHERE ended_at IS NULL;
CREATE INDEX push_subscription_usable ON push_subscription (person) WHERE state IN ('untested', 'working', 'resting');
CREATE UNIQUE INDEX family_link_one_live ON family_link (member, elder) WHERE ended_at IS NULL;
CREATE INDEX feedback_open ON feedback (visit) WHERE kind IN ('ask', 'object') AND outcome IS NULL;
CREATE UNIQUE INDEX visit_hold_once ON visit_hold (visit, code, source) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
CREATE INDEX decision_order ON decision (visit, at DESC, id DESC);
CREATE UNIQUE INDEX caregiver_word_once ON caregiver_word (decision, caregiver, kind);
CREATE UNIQUE INDEX sample_item_once ON sample_item (sample, visit);
CREATE INDEX audit_at ON audit (at DESC, id DESC);
CREATE INDEX audit_account ON audit (account, id DESC);
CREATE INDEX audit_subject ON audit (subject, id DESC) WHERE subject IS NOT NULL;
CREATE INDEX visit_held ON visit (provider, window_start, id) WHERE holds > 0;
ALTER TABLE session DROP CONSTRAINT session_of_one;
ALTER TABLE session ADD CONSTRAINT session_of_one CHECK (num_nonnulls(account, device, family_member) = 1);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reminder_attempt FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON call_note FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON caregiver_word FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON manual_edit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sample_item FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inspection FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="doorstep", description=DESCRIPTION)

    async def run():
        transaction = DB.current_transaction.get()
        await transaction.connection.execute(STATEMENTS)

    manager.add_raw(run)
    return manager
