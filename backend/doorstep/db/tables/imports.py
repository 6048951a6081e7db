"""Runs of the roster import, with their preview and report."""

from piccolo.columns import JSONB, Bytea, Integer
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.people import Account


class ImportRun(Table, tablename="import_run"):
    """One workbook: reading, previewed, applying, applied or failed."""

    id = row_id()
    file_name = words()
    file_sha256 = Bytea(default=None)
    content = Bytea(null=True, default=None)  # sealed, dropped when applied
    state = words()
    done = Integer(default=0)
    total = Integer(default=0)
    report = JSONB(default="[]")  # rows: sheet row status column code message
    problem = words(null=True)  # problem code when failed
    created_by = reference(Account, null=True)
    created_at = instant()
    changed_at = instant()
