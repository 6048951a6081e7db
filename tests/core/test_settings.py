"""Settings from the environment: all have a default, and what cannot be used is named."""

from pathlib import Path

import pytest

from doorstep.settings import SettingInvalid, Settings, from_environment, to_environment


def test_nothing_needs_to_be_set() -> None:
    assert from_environment({}) == Settings()
    assert from_environment({"PATH": "/bin", "HOME": "/root"}) == Settings()


def test_what_is_set_is_read() -> None:
    read = from_environment({"DOORSTEP_PORT": "9000", "DOORSTEP_DATA_DIR": "/srv/door", "DOORSTEP_WORKERS": "3"})
    assert (read.port, read.data_dir, read.workers) == (9000, Path("/srv/door"), 3)
    assert read.keys_dir == Path("/srv/door/keys")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("PORT", "http"), ("PORT", ""), ("PORT", "70000"), ("PORT", "-1"), ("WORKERS", "0"), ("POOL_SIZE", "0")],
        *[("PUBLIC_URL", "dj.example.cn"), ("PUBLIC_URL", "https://a.cn/path"), ("PUBLIC_URL", "ftp://a.cn")],
        ("DATABASE_URL", "mysql://x"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=f"DOORSTEP_{name}"):
        from_environment({f"DOORSTEP_{name}": value})


def test_a_misspelt_name_is_named() -> None:
    with pytest.raises(SettingInvalid, match="DOORSTEP_DATABSE_URL"):
        from_environment({"DOORSTEP_DATABSE_URL": "x"})


@pytest.mark.parametrize(
    ("url", "secure"), [("https://dj.cn", True), ("HTTPS://DJ.CN", True), ("http://localhost:1", False)]
)
def test_cookies_are_secure_where_the_address_is(url: str, secure: bool) -> None:
    assert Settings(public_url=url).secure is secure


def test_they_can_be_handed_to_another_process(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://a@/b?host=/c", public_url="https://dj.cn", port=1)
    assert from_environment(to_environment(settings)) == settings
    assert from_environment(to_environment(Settings())) == Settings()
