"""Our one Piccolo app: every table, and where the migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="doorstep",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        [
            f"doorstep.db.tables.{area}"
            for area in (
                *("organisations", "people", "homes", "plans", "visits", "checks", "imports", "epochs"),
                *("reminders", "families", "review"),
            )
        ],
        exclude_imported=True,
    ),
)
