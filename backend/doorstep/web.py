"""Serves the built PWA, the neutral page behind a printed code, and the security headers of every answer."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope

from doorstep.core.problems import NotFound

DIST = Path(__file__).parent.parent.parent / "pwa" / "dist"

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("text/javascript", ".js")

_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
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


async def security_headers(message: Message, scope: Scope) -> None:
    """Adds the headers to every answer; API answers are never stored by a cache."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in _HEADERS.items():
        headers[name] = value
    if scope["path"].startswith("/api/") and "cache-control" not in headers:
        headers["cache-control"] = "no-store"


NEUTRAL_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>到家 Doorstep</title><h1>到家服务卡</h1><p>这是居家养老服务的到家卡。护理员请打开“到家”应用扫码打卡。</p>
<p>此码不用于付款，也不含个人信息。</p><hr><p lang="en">This card belongs to a home-care service. Caregivers: open Doorstep and
scan it there. It is not for payment and holds no personal data.</p></html>"""


@get(["/Q/{token:str}", "/q/{token:str}"], opt={"public": True}, media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def neutral_page(token: str) -> str:  # noqa: ARG001
    """The same page for every token, so that nobody learns whether one exists."""
    return NEUTRAL_PAGE


@get(["/", "/{path:path}"], opt={"public": True}, include_in_schema=False, sync_to_thread=True)
def page(request: Request[Any, Any, Any], path: str = "") -> Response[bytes]:
    """A file of the built PWA; any other path is a screen of it and gets the shell. Unknown API paths are 404."""
    wanted = path.strip("/")
    if wanted.startswith("api/") or not DIST.is_dir():
        raise NotFound
    file = (DIST / wanted).resolve()
    if not wanted or not file.is_relative_to(DIST) or not file.is_file():
        if "." in wanted.rsplit("/", 1)[-1]:
            raise NotFound
        file = DIST / "index.html"
    content = file.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    fixed = "assets" in file.relative_to(DIST).parts
    headers = {"etag": etag, "cache-control": "public, max-age=31536000, immutable" if fixed else "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers=headers)


def handlers() -> list[HTTPRouteHandler]:
    """The routes outside the API."""
    return [neutral_page, page]
