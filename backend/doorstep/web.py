"""Serves the built PWA, the neutral page behind a printed code, and the security headers of every answer."""

import base64
import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import Message, Scope

from doorstep.core.problems import NotFound

DIST = Path(__file__).parent.parent.parent / "pwa" / "dist"

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("text/javascript", ".js")

_NEUTRAL_STYLE = (
    "body{font:1.125rem/1.7 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1.25rem;color:#1b1f24}"
    "h1{font-size:1.75rem}hr{border:0;border-top:1px solid #ccd;margin:2rem 0}"
)
_NEUTRAL_PAGE = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>到家 Doorstep</title><style>{_NEUTRAL_STYLE}</style></head><body><h1>到家服务卡</h1>
<p>这是居家养老服务的到家卡。护理员请打开“到家”应用，在应用内扫码打卡。</p><p>此码不用于付款，也不含个人信息。</p><hr>
<p lang="en">This card belongs to a home-care service. Caregivers: open Doorstep and scan it there. It is not for
payment and holds no personal data.</p></body></html>"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_NEUTRAL_STYLE.encode()).digest()).decode()
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    f"style-src 'self' 'sha256-{_STYLE_HASH}'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
_READ = [HttpMethod.GET, HttpMethod.HEAD]


async def security_headers(message: Message, scope: Scope) -> None:
    """Adds the headers to every answer; API answers are never stored by a cache."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in _HEADERS.items():
        headers[name] = value
    if scope["path"].startswith("/api/") and "cache-control" not in headers:
        headers["cache-control"] = "no-store"


@route(
    ["/Q/{token:str}", "/q/{token:str}"],
    http_method=_READ,
    opt={"public": True},
    include_in_schema=False,
    sync_to_thread=False,
)
def neutral_page(token: FromPath[str]) -> Response[str]:
    """The same page for every token, so that nobody learns whether one exists."""
    return Response(_NEUTRAL_PAGE, media_type=MediaType.HTML, headers={"cache-control": "no-store"})


@route(
    ["/api", "/api/{path:path}"],
    http_method=[*_READ, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    opt={"public": True},
    include_in_schema=False,
    sync_to_thread=False,
)
def no_such_api() -> Response[None]:
    """The API's own "not found": a path that it does not have never gets the shell of the PWA."""
    raise NotFound


@route(["/", "/{path:path}"], http_method=_READ, opt={"public": True, "sent_as_it_is": True}, include_in_schema=False)
async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A file of the built PWA; any other path is a screen of it and gets the shell."""
    wanted = request.url.path.strip("/")
    file = DIST / wanted if len(wanted) < 200 and _FILE_NAME.fullmatch(wanted) else DIST
    if file.suffix in _ENCODINGS.values() or not file.is_file():
        if "." in wanted.rsplit("/", 1)[-1]:
            raise NotFound
        file = DIST / "index.html"
    content, etag, encoding = _best(file, request.headers.get("accept-encoding", ""))
    fixed = "assets" in file.relative_to(DIST).parts
    headers = {
        "etag": etag,
        "vary": "accept-encoding",
        "cache-control": "public, max-age=31536000, immutable" if fixed else "no-cache",
    }
    if encoding:
        headers["content-encoding"] = encoding
    if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(b"", status_code=304, headers=headers)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers=headers)


# Names that a build makes; nothing else is looked for on the disk. No segment starts with a dot.
_FILE_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)

# The build leaves compressed copies beside the files that are worth it.
_ENCODINGS = {"br": ".br", "gzip": ".gz"}


def _best(file: Path, accepted: str) -> tuple[bytes, str, str | None]:
    names = {
        part.partition(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")
    }
    try:
        for encoding, suffix in _ENCODINGS.items():
            copy = file.with_name(file.name + suffix)
            if encoding in names and copy.is_file():
                return *_read(copy, copy.stat().st_mtime_ns), encoding
        return *_read(file, file.stat().st_mtime_ns), None
    except FileNotFoundError as error:
        raise NotFound("应用还没有构建", "the PWA is not built: run make setup") from error


@lru_cache(maxsize=256)
def _read(file: Path, _changed: int) -> tuple[bytes, str]:
    content = file.read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def handlers() -> list[HTTPRouteHandler]:
    """The routes outside the API, and its "not found"."""
    return [neutral_page, no_such_api, page]
