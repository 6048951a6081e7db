"""What a text message says: neutral words and a time, no name, no address, no service; when it is tried again. Pure."""

import re
from datetime import datetime, timedelta

from doorstep.core import clock

RETRIES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600))

_TEXTS = {
    "next_call": "到家：{at} 有一次上门，请打开到家查看。",
    "not_checked_in": "到家：{at} 的上门还没有签到，请打开到家查看。",
    "still_open": "到家：{at} 开始的上门还没有签退，请打开到家查看。",
    "visit_changed": "到家：您的上门安排有变动，请打开到家查看。",
    "records_waiting": "到家：手机里有记录还没有送达，请连上网络后打开到家。",
    "certificate_ending": "到家：您有一份证件快到期，请打开到家查看。",
}
_OTHER = "到家：有一条新提醒，请打开到家查看。"
_MOBILE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)


def text(kind: str, occasion: datetime) -> str:
    """The words for a kind of reminder; `occasion` is the instant that it is about."""
    return _TEXTS.get(kind, _OTHER).format(at=f"{occasion.astimezone(clock.CHINA):%H:%M}")


def number(phone: str) -> str | None:
    """A mobile number as the gateway takes it; None for what gets no text messages."""
    return f"+86{phone}" if _MOBILE.fullmatch(phone) else None


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When a message that failed so many times is tried again; None: it is dead."""
    return now + RETRIES[attempts - 1] if attempts <= len(RETRIES) else None
