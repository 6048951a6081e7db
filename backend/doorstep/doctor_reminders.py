"""What the doctor says of the ways out: the key of push and who hangs on it, the push services, the text gateway."""

import stat
from urllib.parse import urlsplit

import asyncpg

from doorstep.core.keys import KeyUnusable
from doorstep.reminders import endpoints, sms, vapid
from doorstep.said import Said, good, note, wrong
from doorstep.settings import Settings

_LIVE = "state IN ('untested', 'working', 'resting')"
_MEND = "；确实找不回来，再运行 doorstep push-key --new，各设备要重新开启提醒"
_MEND_EN = "; if it is lost for good, run doorstep push-key --new: every device then has to switch reminders on again"


async def findings(connection: asyncpg.Connection, settings: Settings) -> list[Said]:
    """The key, the services, the gateway."""
    rows = await connection.fetch(
        f"SELECT key_id, host, count(*) AS devices FROM push_subscription WHERE {_LIVE} GROUP BY key_id, host"
    )
    return [
        *_key(settings, rows),
        *_services(settings, rows),
        *await _gateway(connection, settings),
    ]


def _key(settings: Settings, rows: list[asyncpg.Record]) -> list[Said]:
    path, devices = settings.keys_dir / vapid.FILE, sum(row["devices"] for row in rows)
    try:
        key = vapid.read(settings)
    except (KeyUnusable, OSError) as error:
        return [
            wrong(
                f"推送密钥不能用，推送已停，请从备份取回 {path}（{error}）{_MEND}",
                f"the key of push cannot be used, push is off: bring {path} back from the backup ({error}){_MEND_EN}",
            )
        ]
    if key is None and not devices:
        return [note("推送密钥第一次用到时生成", "the key of push is made when it is first needed")]
    if key is None:
        return [
            wrong(
                f"推送密钥不见了，{devices} 台设备在用它，推送已停：请从备份取回 {path}{_MEND}",
                f"the key of push is gone and {devices} device(s) hang on it, push is off: bring {path} back from the "
                f"backup{_MEND_EN}",
            )
        ]
    said = [good("推送密钥可用", "the key of push can be used")]
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~0o600:
        said.append(
            wrong(
                f"{path} 权限是 {mode:04o}，别人能读到密钥，请运行 chmod 600 {path}",
                f"{path} has mode {mode:04o}, so that others may read a key: chmod 600 {path}",
            )
        )
    if lost := sum(row["devices"] for row in rows if row["key_id"] != key.id):
        said.append(
            wrong(
                f"{lost} 台设备是用另一把推送密钥订阅的，收不到推送：请从备份取回原来的 {path}{_MEND}",
                f"{lost} device(s) subscribed with another key and get no push: bring the former {path} back from the "
                f"backup{_MEND_EN}",
            )
        )
    return said


def _services(settings: Settings, rows: list[asyncpg.Record]) -> list[Said]:
    entries = [entry.strip() for entry in settings.push_hosts.split(",") if entry.strip()]
    if not entries:
        return [
            note(
                "没有允许任何推送服务（DOORSTEP_PUSH_HOSTS），不发推送",
                "no push service is allowed (DOORSTEP_PUSH_HOSTS): nothing is pushed",
            )
        ]
    said = []
    if unread := [entry for entry in entries if endpoints.allowed(entry) == endpoints.allowed("")]:
        said.append(
            wrong(
                f"DOORSTEP_PUSH_HOSTS 里看不懂：{', '.join(unread)}",
                f"not understood in DOORSTEP_PUSH_HOSTS: {', '.join(unread)}",
            )
        )
    list_ = endpoints.allowed(settings.push_hosts)
    if list_.origins:
        named = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in list_.origins))
        said.append(
            note(
                f"信任的推送服务（只应在试用时有）：{named}",
                f"push services that are trusted wherever they are (for trials only): {named}",
            )
        )
    if not said:
        said.append(good(f"可用的推送服务：{', '.join(list_.names)}", f"push services: {', '.join(list_.names)}"))
    hosts = {host for _, host, _ in list_.origins}
    stray = sum(
        row["devices"]
        for row in rows
        if row["host"] not in hosts and endpoints.checked(f"https://{row['host']}/", settings.push_hosts) is None
    )
    if stray:
        said.append(
            note(
                f"{stray} 台设备的推送服务已不在允许之列",
                f"{stray} device(s) subscribed with a push service that is no longer allowed",
            )
        )
    return said


async def _gateway(connection: asyncpg.Connection, settings: Settings) -> list[Said]:
    if not settings.gateway_url:
        return [
            note(
                "没有短信网关（DOORSTEP_GATEWAY_URL）：推送没有回应时，直接进电话名单",
                "no gateway for text messages (DOORSTEP_GATEWAY_URL): who does not answer a push is to be telephoned",
            )
        ]
    if not sms.is_set_up(settings):
        return [
            wrong(
                "短信网关没有密钥，不会发：请设 DOORSTEP_GATEWAY_SECRET",
                "the gateway for text messages has no secret, nothing is sent: set DOORSTEP_GATEWAY_SECRET",
            )
        ]
    place = urlsplit(settings.gateway_url)
    said = [good(f"短信网关 {place.hostname}", f"the gateway for text messages is {place.hostname}")]
    if place.scheme == "http" and place.hostname not in ("localhost", "127.0.0.1", "::1"):
        said.append(
            note(
                "短信网关不是 https，手机号会明文经过网络",
                "the gateway is not called by https: telephone numbers cross the network in the clear",
            )
        )
    row = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE state = 'dead') AS dead, "
        "count(*) FILTER (WHERE state = 'due' AND attempts > 0) AS failing FROM gateway_message"
    )
    if row and (row["dead"] or row["failing"]):
        said.append(
            wrong(
                f"短信网关没有收下：{row['failing']} 条在重试，{row['dead']} 条等人处理（调度的“没发出的短信”）",
                f"the gateway does not take: {row['failing']} message(s) are tried again, {row['dead']} wait for a "
                "person (the dead letters of dispatch)",
            )
        )
    return said
