"""The built PWA over HTTP: caches, compressed copies, screens, and what is never served."""

import gzip
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import LitestarDeprecationWarning

from doorstep import web
from doorstep.app import create_app
from doorstep.settings import Settings

SHELL = b"<!doctype html><title>shell</title>"


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The app without its start-up: nothing here needs a database."""
    return create_app(Settings(database_url="postgresql://nowhere", data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture
async def client(idle: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(idle, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="https://dj.example.cn") as http:
        yield http


@pytest.fixture(autouse=True)
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small build."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(SHELL)
    (folder / "sw.js").write_text("// worker")
    (folder / "manifest.webmanifest").write_text("{}")
    script = b"console.log('hello')" * 50
    (folder / "assets" / "app-abc.js").write_bytes(script)
    (folder / "assets" / "app-abc.js.gz").write_bytes(gzip.compress(script))
    (folder / "assets" / "app-abc.js.br").write_bytes(b"brotli")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(web, "DIST", folder)
    return folder


@pytest.mark.parametrize("path", ["/", "/visits/1", "/door", "/E/ABCDEF", "/index.html"])
async def test_every_screen_gets_the_shell_which_is_asked_for_again(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.content == SHELL
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_file_with_a_hash_in_its_name_is_kept_for_ever(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-abc.js", headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("", None), ("identity", None), ("gzip", "gzip"), ("gzip, br", "br"), ("gzip, br;q=0", "gzip"), ("deflate", None)],
)
async def test_the_best_compressed_copy_is_sent(
    client: httpx.AsyncClient, dist: Path, accepted: str, encoding: str | None
) -> None:
    (dist / "assets" / "app-abc.js.br").write_bytes(b"\x0b\x02\x80brotli\x03")
    async with client.stream("GET", "/assets/app-abc.js", headers={"accept-encoding": accepted}) as answer:
        assert answer.headers.get("content-encoding") == encoding
        async for _ in answer.aiter_raw():
            pass


async def test_what_the_browser_has_is_not_sent_again(client: httpx.AsyncClient, dist: Path) -> None:
    first = await client.get("/")
    again = await client.get("/", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    (dist / "index.html").write_bytes(b"<!doctype html><title>new build</title>")
    changed = await client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert b"new build" in changed.content


@pytest.mark.parametrize("path", ["/", "/sw.js", "/Q/1ABC"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length", "cache-control", "etag"):
        assert head.headers.get(name) == got.headers.get(name)


ABSENT = (
    "/assets/nope.js /nope.png /../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt /assets/../../secret.txt "
    "/assets/app-abc.js.gz /assets/app-abc.js.br /api /api/ /api/nope /api/v1/nope /api/v1/visits.json"
)


@pytest.mark.parametrize("path", ABSENT.split())
async def test_what_is_not_there_is_a_problem_and_never_the_shell(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"


async def test_an_unknown_api_path_is_not_found_whatever_the_method(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await client.request(method, "/api/v1/nope")
        assert answer.json()["code"] == "NOT_FOUND", method


async def test_a_path_with_nul_or_broken_escapes_is_not_a_failure(client: httpx.AsyncClient) -> None:
    for path in ("/%00", "/a%00b", "/%ff%fe", "/" + "x" * 5000, "/" + "a/" * 3000):
        assert (await client.get(path)).status_code in (200, 400, 404), path


async def test_an_app_that_is_not_built_is_said(client: httpx.AsyncClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    answer = await client.get("/")
    assert answer.status_code == 404
    assert "not built" in answer.json()["detail_en"]


async def test_the_page_behind_a_printed_code_is_the_same_for_every_token(client: httpx.AsyncClient) -> None:
    known, unknown = await client.get("/Q/1" + "A" * 26), await client.get("/q/nonsense")
    assert known.text == unknown.text
    assert "到家" in known.text
    assert known.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/sw.js", "/Q/1", "/api/v1/health", "/api/nope"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_no_answer_of_the_api_is_kept_by_a_cache(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/health")).headers["cache-control"] == "no-store"


def test_nothing_in_the_app_is_written_in_a_deprecated_style(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        warnings.simplefilter("error", LitestarDeprecationWarning)
        create_app(Settings(data_dir=tmp_path))
