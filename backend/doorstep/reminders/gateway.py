"""The way out: push messages encrypted, signed and sent, the text gateway called. Nobody else opens a connection.

A push service that hangs or fails holds up nobody else: each host has a window of requests under way that grows with
its answers and shrinks with its silence, and after five silences in a row it rests.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from py_vapid import Vapid02
from pywebpush import WebPusher
from yarl import URL

from doorstep.core import clock
from doorstep.reminders import endpoints, vapid
from doorstep.reminders.endpoints import Endpoint
from doorstep.reminders.ports import Message, Outcome, Sent
from doorstep.reminders.push_answers import again, answered, sent
from doorstep.settings import Settings

LONGEST = 4096
TOTAL, PER_HOST, FIRST = 384, 128, 8
SILENCES, REST = 5, 30.0
LIMITS = aiohttp.ClientTimeout(total=10, connect=3)
TOKEN_LIFE, TOKEN_RENEWED = timedelta(hours=6), timedelta(hours=3)
LONGEST_TTL = 7 * 86_400

Lookup = Callable[[str, int], Awaitable[list[str]]]


class AddressRefused(OSError):
    """A name of the list stands for an address that is not one of the open internet."""


async def look_up(host: str, port: int) -> list[str]:
    """The addresses that a name stands for now."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def leads_inside(endpoint: Endpoint, lookup: Lookup | None = None) -> bool:
    """Whether an endpoint's name stands for an address inside. One that cannot be looked up now is tried when sent."""
    if endpoint.trusted:
        return False
    try:
        async with asyncio.timeout(3):
            found = await (lookup or look_up)(endpoint.host, endpoint.port)
    except (OSError, UnicodeError, TimeoutError):
        return False
    return not all(endpoints.is_open_internet(address) for address in found)


class _Resolver(AbstractResolver):
    """Looks names up and refuses those of inside, at the moment of connecting: what was stored may point elsewhere."""

    def __init__(self, lookup: Lookup, trusts: Callable[[str, int], bool]) -> None:
        self._lookup, self._trusts = lookup, trusts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        found = await self._lookup(host, port)
        if not self._trusts(host, port) and not all(endpoints.is_open_internet(address) for address in found):
            raise AddressRefused(host)
        return [_resolved(host, port, address) for address in found]

    async def close(self) -> None:
        """Nothing is held."""


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


# One for all messages: making one copies what it is made of, deeply. `encode` reads the two keys and nothing else.
_PUSHER = WebPusher({"endpoint": ""})


def encode(message: Message) -> bytes:
    """The body of a message: encrypted for its browser alone (RFC 8291)."""
    _PUSHER.receiver_key, _PUSHER.auth_key = message.target.p256dh, message.target.auth
    return bytes(_PUSHER.encode(message.payload)["body"])


class _Call:
    """One `send`: the key that signs it, where its answers go, and the requests that it has under way."""

    def __init__(self, key: vapid.Key | None) -> None:
        self.key = key
        self.answers: asyncio.Queue[Sent] = asyncio.Queue()
        self.tasks: set[asyncio.Task[None]] = set()
        self.over = False

    def close(self) -> None:
        self.over = True
        for task in self.tasks:
            task.cancel()


class _Host:
    """What is known of a push service: who waits for it, how much it bears, how often it has been silent."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[_Call, vapid.Key, Message, Endpoint]] = deque()
        self.active = 0
        self.window = float(FIRST)
        self.silences = 0
        self.rests_until = 0.0

    def answered(self) -> None:
        self.silences, self.rests_until = 0, 0.0
        self.window = min(self.window + 1, PER_HOST)

    def silent(self, now: float) -> None:
        self.silences += 1
        self.window = max(self.window / 2, 1)
        if self.silences >= SILENCES:
            self.rests_until = now + REST


class Sender:
    """Sends push messages; open it with `async with`. It may be used by several `send` at once, which share its limits.

    `lookup` and `tls` replace the system's names and certificates, in tests.
    """

    def __init__(self, settings: Settings, *, lookup: Lookup | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._lookup, self._tls = lookup or look_up, tls
        self._hosts: dict[str, _Host] = {}
        self._busy: dict[str, _Host] = {}
        self._active = 0
        self._tokens: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def __aenter__(self) -> Self:
        list_ = endpoints.allowed(self._settings.push_hosts)
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                ssl=self._tls or True,
                resolver=_Resolver(self._lookup, list_.trusts),
                ttl_dns_cache=30,
                keepalive_timeout=60,
            ),
            timeout=LIMITS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": "Doorstep"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, messages: Sequence[Message]) -> AsyncIterator[Sent]:
        """Answers each message once, in the order in which they finish."""
        call = _Call(await vapid.current(self._settings))
        try:
            for message in messages:
                self._accept(call, message)
            self._start()
            for _ in messages:
                yield await call.answers.get()
        finally:
            call.close()

    def _accept(self, call: _Call, message: Message) -> None:
        endpoint = endpoints.checked(message.target.endpoint, self._settings.push_hosts)
        if call.key is None or message.target.key_id != call.key.id:
            call.answers.put_nowait(sent(message, "no_channel", detail="key"))
        elif endpoint is None:
            call.answers.put_nowait(sent(message, "not_allowed", detail="host"))
        else:
            host = self._hosts.setdefault(endpoint.origin, _Host())
            host.waiting.append((call, call.key, message, endpoint))
            self._busy[endpoint.origin] = host

    def _start(self) -> None:
        """Begins what the windows allow. A host that rests answers at once, for its messages: later."""
        now = self._loop.time()
        for origin, host in list(self._busy.items()):
            while host.waiting and (host.rests_until > now or host.active < int(host.window)):
                if host.rests_until <= now and self._active >= TOTAL:
                    return
                call, key, message, endpoint = host.waiting.popleft()
                if call.over:
                    continue
                if host.rests_until > now:
                    again = clock.now() + timedelta(seconds=host.rests_until - now)
                    call.answers.put_nowait(sent(message, "later", retry_at=again, detail="rests"))
                    continue
                host.active += 1
                self._active += 1
                task = self._loop.create_task(self._one(host, call, key, message, endpoint))
                call.tasks.add(task)
                task.add_done_callback(call.tasks.discard)
            if not host.waiting:
                del self._busy[origin]

    async def _one(self, host: _Host, call: _Call, key: vapid.Key, message: Message, endpoint: Endpoint) -> None:
        try:
            call.answers.put_nowait(await self._tried(host, key, message, endpoint))
        except Exception as error:  # whatever this message is made of: it has an answer, and the others their turn
            call.answers.put_nowait(sent(message, "failed", detail=type(error).__name__))
        finally:
            host.active -= 1
            self._active -= 1
            self._start()

    async def _tried(self, host: _Host, key: vapid.Key, message: Message, endpoint: Endpoint) -> Sent:
        try:
            answer = await self._post(key, message, endpoint)
        except TimeoutError:
            host.silent(self._loop.time())
            return sent(message, "timed_out", retry_at=again(message, clock.now()))
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(getattr(error, "os_error", error), AddressRefused):
                return sent(message, "not_allowed", retry_at=again(message, clock.now()), detail="address")
            host.silent(self._loop.time())
            return sent(message, "later", retry_at=again(message, clock.now()), detail=type(error).__name__)
        host.answered()
        return answer

    async def _post(self, key: vapid.Key, message: Message, endpoint: Endpoint) -> Sent:
        body = encode(message)
        if len(body) > LONGEST:
            return sent(message, "too_long")
        headers = {
            "Authorization": self._token(key, endpoint.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(min(max(message.ttl_s, 0), LONGEST_TTL)),
            "Urgency": "high" if message.urgent else "normal",
            "Topic": message.topic,
        }
        async with self._session.post(
            URL(endpoint.url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            said = b"" if response.status in (200, 201, 202) else await response.content.read(1024)
            return answered(message, response.status, response.headers.get("Retry-After"), said, clock.now())

    def _token(self, key: vapid.Key, origin: str) -> str:
        """The VAPID header, signed once for an origin and a time."""
        now = clock.now()
        token, until = self._tokens.get((origin, key.id), ("", now))
        if until <= now:
            claims = {"aud": origin, "sub": contact(self._settings), "exp": int((now + TOKEN_LIFE).timestamp())}
            token = Vapid02(key.private).sign(claims)["Authorization"]
            self._tokens[origin, key.id] = token, now + TOKEN_RENEWED
        return token


def contact(settings: Settings) -> str:
    """Whom a push service may write to, in a form that all of them accept."""
    host = settings.public_url.lower().partition("://")[2].partition(":")[0]
    return settings.push_contact or (f"https://{host}" if settings.secure and "." in host else f"mailto:push@{host}")


class Webhook:
    """Calls the operator's own gateway; where that is, is the operator's affair. Redirects are not followed."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=LIMITS, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Doorstep"}
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[Outcome, int | None, str | None]:
        """Outcome, status and, where no answer came, the kind of failure."""
        try:
            async with self._session.post(
                self._url, data=body, headers={"Content-Type": "application/json", **headers}, allow_redirects=False
            ) as response:
                taken = response.status // 100 == 2
                return ("accepted" if taken else "failed"), response.status, None
        except TimeoutError:
            return "timed_out", None, None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return "failed", None, type(error).__name__
