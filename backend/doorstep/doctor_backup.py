"""What the doctor says of backups, and of a database that went back in time."""

from datetime import timedelta

import asyncpg

from doorstep import backup
from doorstep.core import clock
from doorstep.db import epoch
from doorstep.said import Said, good, note
from doorstep.settings import Settings

_OFTEN = timedelta(days=2)


async def findings(connection: asyncpg.Connection, settings: Settings) -> list[Said]:
    """The last backup taken here, the last restore, and what restores have left behind."""
    newest = await epoch.newest(connection)
    if newest is None:
        return []
    return [_taken(settings), _went_back(newest), *await _kept(connection)]


def _taken(settings: Settings) -> Said:
    last = backup.last(settings.data_dir)
    if last is None:
        return note(
            "这里还没有做过备份，请每天运行 doorstep backup 文件夹，并把备份和密钥存到别的机器",
            "no backup was taken here yet: run doorstep backup FOLDER daily, keep it with the keys on another machine",
        )
    when = f"{last.astimezone(clock.CHINA):%Y-%m-%d %H:%M}"
    kind = good if clock.now() - last <= _OFTEN else note
    return kind(f"最近一次备份：{when}", f"the last backup was taken at {when}")


def _went_back(newest: epoch.Epoch) -> Said:
    when = f"{newest.began_at.astimezone(clock.CHINA):%Y-%m-%d %H:%M}"
    if newest.reason == "new":
        return good("数据库没有从备份恢复过", "the database was never restored from a backup")
    return note(
        f"数据库在 {when} 从备份恢复过，手机联网后会自动重传备份之后的记录；备份之后在办公室改过的内容要重新录入",
        f"the database was restored from a backup at {when}: phones send again what came after the backup; what the "
        "office changed after it has to be entered again",
    )


async def _kept(connection: asyncpg.Connection) -> list[Said]:
    rows = await connection.fetch(
        "SELECT datname AS name, pg_size_pretty(pg_database_size(oid)) AS size FROM pg_database "
        "WHERE starts_with(datname, current_database() || '_before_') ORDER BY datname"
    )
    return [
        note(
            f"恢复之前的数据库还留着：{row['name']}（{row['size']}），确认不要了再删除",
            f"the database of before a restore is still there: {row['name']} ({row['size']}); drop it when it is not "
            "needed any more",
        )
        for row in rows
    ]
