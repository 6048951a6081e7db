"""The load generator, a process of its own: so many connections, each sends its requests one after another.

stdin: JSON {"port", "path", "lanes": [[body, ...], ...], "seconds"};
stdout: JSON {"seconds", "requests", "bad", "times_ms": [...]}
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

import uvloop

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


async def _lane(port: int, path: str, bodies: list[str], until: float, times: list[float], bad: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    try:
        for body in bodies:
            if time.perf_counter() > until:
                break
            raw = body.encode()
            start = time.perf_counter()
            writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")
            )
            content = await reader.readexactly(length)
            times.append((time.perf_counter() - start) * 1000)
            if not answer.startswith(b"HTTP/1.1 20") or b'"refused"' in content:
                bad.append(content[:300].decode("utf-8", "replace"))
    finally:
        writer.close()


async def main() -> None:
    """One run."""
    work = json.loads(sys.stdin.read())
    times: list[float] = []
    bad: list[str] = []
    start = time.perf_counter()
    until = start + work["seconds"]
    await asyncio.gather(*(_lane(work["port"], work["path"], lane, until, times, bad) for lane in work["lanes"]))
    took = time.perf_counter() - start
    print(json.dumps({"seconds": took, "requests": len(times), "bad": bad[:3], "times_ms": times}))


if __name__ == "__main__":
    uvloop.run(main())
