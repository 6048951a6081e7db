"""An endpoint is user input: which may be called, and which addresses belong to the open internet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.reminders import endpoints
from doorstep.settings import Settings

USUAL = Settings().push_hosts
MOZILLA = "https://updates.push.services.mozilla.com"


@pytest.mark.parametrize(
    "endpoint",
    [
        f"{MOZILLA}/wpush/v2/gAAAAABk-x_=~",
        "https://autopush.stage.push.services.mozilla.com/wpush/v1/x",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-db5p.notify.windows.com/w/?token=BQYAAAAhX%2bY%3d",
        "HTTPS://Updates.Push.Services.Mozilla.Com/x",
        f"{MOZILLA}:443/x",
    ],
)
def test_the_usual_services_are_called(endpoint: str) -> None:
    found = endpoints.checked(endpoint, USUAL)
    assert found is not None and found.scheme == "https" and not found.trusted
    assert found.url.endswith(endpoint[endpoint.index("/", 8) :])


def test_the_audience_is_scheme_and_host() -> None:
    found = endpoints.checked("HTTPS://Updates.Push.Services.Mozilla.Com:443/x", USUAL)
    assert found is not None and found.origin == MOZILLA


@pytest.mark.parametrize(
    "endpoint",
    [
        *["", "x", "//updates.push.services.mozilla.com/x", "https://", f"{MOZILLA}", f"{MOZILLA}?x"],
        *["http://updates.push.services.mozilla.com/x", "ftp://updates.push.services.mozilla.com/x"],
        *[f"{MOZILLA}:8443/x", f"{MOZILLA}:80/x", f"{MOZILLA}:0443/x/", f"{MOZILLA}:99999/x", f"{MOZILLA}:/x"],
        *["https://user@updates.push.services.mozilla.com/x", f"{MOZILLA}@evil.example/x"],
        *[f"{MOZILLA}\\@evil.example/x", f"{MOZILLA}/x#y", f"{MOZILLA}/x y"],
        *[f"{MOZILLA}/x\r\nHost: evil", f"{MOZILLA}/\0", "https://.push.apple.com/x"],
        *["https://fcm.googleapis.com/fcm/send/x", "https://evil.example/x", "https://push.apple.com.evil.example/x"],
        *["https://evilpush.apple.com.cn/x", "https://xpush.apple.com/x", "https://push.apple.com/x"],
        *["https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://0x7f.1/x", "https://localhost/x"],
        *["https://updates.push.services.mozilla.com./x", "https://updates.push.services.mozilla.com%00.evil/x"],
        *["https://ｕpdates.push.services.mozilla.com/x", "https://updates。push.services.mozilla.com/x"],
        f"{MOZILLA}/{'x' * 2000}",
    ],
)  # fmt: skip
def test_others_are_not(endpoint: str) -> None:
    assert endpoints.checked(endpoint, USUAL) is None


@given(st.text(max_size=80))
def test_nothing_that_a_browser_may_say_is_an_error(text: str) -> None:
    for endpoint in (text, f"https://{text}", f"{MOZILLA}/{text}", f"https://web.push.apple.com{text}"):
        found = endpoints.checked(endpoint, USUAL)
        assert found is None or found.host.endswith((".mozilla.com", ".apple.com", ".windows.com"))


def test_a_trusted_origin_is_exactly_that_one() -> None:
    setting = f"{USUAL},http://127.0.0.1:4443"
    found = endpoints.checked("http://127.0.0.1:4443/wpush/x", setting)
    assert found is not None and found.trusted and found.origin == "http://127.0.0.1:4443"
    for other in (
        "http://127.0.0.1/x",
        "http://127.0.0.1:4444/x",
        "https://127.0.0.1:4443/x",
        "http://localhost:4443/x",
    ):
        assert endpoints.checked(other, setting) is None


def test_a_number_in_the_list_is_no_name() -> None:
    assert endpoints.checked("https://10.0.0.7/x", "10.0.0.7,*.0.0.7") is None
    assert endpoints.checked("https://push.example/x", "push.example") is not None
    assert endpoints.checked("https://push.example/x", "") is None


@pytest.mark.parametrize(
    "address",
    [
        *["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"],
        *["224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"],
        *["::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"],
        *["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "2002:7f00:1::"],
        *["", "x", "127.1"],
    ],
)  # fmt: skip
def test_addresses_of_inside(address: str) -> None:
    assert not endpoints.is_open_internet(address)


@pytest.mark.parametrize(
    "address", ["34.117.121.53", "17.188.143.34", "2620:149:a44::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_addresses_of_the_open_internet(address: str) -> None:
    assert endpoints.is_open_internet(address)
