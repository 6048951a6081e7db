"""The one screen of text that the demo shows: addresses, logins, cards, and the way to a counted visit."""

import msgspec

from doorstep import network
from doorstep.core import clock
from doorstep.settings import Settings
from doorstep.visits.wire import VisitRow

_LINE = "─" * 78


class Scene(msgspec.Struct, kw_only=True):
    """What the screen tells."""

    visit: VisitRow
    caregiver: str
    lat: float
    lon: float
    enrolment: str
    logins: list[tuple[str, str, str]]
    password: str
    planned: int
    unplanned: dict[int, int]
    """Occurrences by working days in a year whose holiday calendar is not published."""


def screen(settings: Settings, scene: Scene) -> str:
    """The whole text."""
    phone = bool(settings.tls_certificate)
    parts = [_LINE, "到家 Doorstep · 演示 demo", _LINE, *_offices(settings, scene), "", *_cards(settings, scene), ""]
    parts += [*_steps(scene, phone=phone), ""]
    parts += _phone(settings, scene) if phone else ["用真手机试 with a real phone: make demo-phone"]
    for year, count in scene.unplanned.items():
        parts.append(f"{year} 年放假安排尚未公布，{count} 次按工作日的服务没有排，也不去猜")
        parts.append(f"the holidays of {year} are not published: {count} visits by working days are not planned")
    return "\n".join([*parts, _LINE, "Ctrl-C 结束 ends it"])


def _offices(settings: Settings, scene: Scene) -> list[str]:
    return [
        f"办公端 office   {settings.public_url}/office",
        f"密码 password   {scene.password}   （只用于演示 for this demo only）",
        *(f"  {login:<12} {name} · {role}" for login, role, name in scene.logins),
        f"未来 7 天已排 {scene.planned} 次服务 · {scene.planned} visits are planned for 7 days",
    ]


def _cards(settings: Settings, scene: Scene) -> list[str]:
    until = scene.visit.window_end.astimezone(clock.CHINA)
    folder = settings.data_dir / "cards"
    return [
        f"卡片 cards      {folder}/demo-home.png",
        f"                {folder}/sheet-of-ten.pdf",
        f"护理员 caregiver {scene.caregiver}",
        f"服务 visit      送餐 meal delivery，{until:%H:%M} 前 before",
        f"                {scene.visit.elder.name}，{scene.visit.household.address}",
    ]


def _steps(scene: Scene, *, phone: bool) -> list[str]:
    first = "手机扫下面的码 scan the code below with the phone" if phone else f"打开 open {link(scene)}"
    return [
        "一次完整的服务 the way to a counted visit",
        f"  1 {first}",
        "    （一次有效，10 分钟内；以后由调度员绑定手机 once, within 10 minutes; then the dispatcher enrols phones）",
        f"    绑定过就开 enrolled before: {scene.enrolment.rpartition('/E/')[0].lower()}/door",
        "  2 点“用这个链接绑定”“是我，开始用”，再点开这次服务 enrol, say that it is you, open the visit",
        "  3 “到了，扫码签到”，看完紧急办法，把 demo-home.png（打印或放在另一块屏上）举到摄像头前",
        "    scan in: read what to do in an emergency, hold the card, printed or on another screen, to the camera",
        "  4 至少 3 分钟后点做完的事，再扫码签退 after 3 minutes at least: tick what was done, scan out",
        "  5 调度员的列表会自己变 the dispatcher's list changes by itself",
        f"  已计入 counted：实时摄像头，住户 200 米内 live camera, within 200 m of {scene.lat:.5f}, {scene.lon:.5f}",
        "  否则是待复核 otherwise it needs review",
        "没有摄像头，或人在别处 no camera, or elsewhere: 另开终端 in a second terminal: make demo-browser",
    ]


def link(scene: Scene) -> str:
    """The address of the enrolment as people write it; its code holds it in capitals."""
    origin, _, secret = scene.enrolment.rpartition("/E/")
    return f"{origin.lower()}/E/{secret}"


def _phone(settings: Settings, scene: Scene) -> list[str]:
    return [
        f"手机 phone（同一网络 same network） {link(scene)}",
        network.qr_in_terminal(scene.enrolment).rstrip("\n"),
        "证书是现场做的，手机会提示不安全：高级 → 继续 the certificate was made on the spot: Advanced → Proceed",
        f"要断网也能用，先装到手机上 to work without signal, install it first: {settings.data_dir}/tls/ca.pem",
    ]
