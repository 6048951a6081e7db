"""The load generator, a process of its own: so many connections, each sends its requests one after another.

stdin: JSON {"port", "path", "lanes": [[body, ...], ...], "seconds"};
stdout: JSON {"seconds", "requests", "bad", "times_ms": [...]}
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

TESTS = Path(__file__).parent.parent
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def body(texts: list[str]) -> str:
    """A request of check events."""
    return json.dumps({"events": texts}, separators=(",", ":"))


def run(port: int, path: str, lanes: list[list[str]], seconds: float) -> dict[str, Any]:
    """Starts the process and waits for it; a lane is a connection.

    :raises RuntimeError: if a request failed, or an event was refused.
    """
    work = json.dumps({"port": port, "path": path, "lanes": lanes, "seconds": seconds})
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=work, capture_output=True, text=True, check=True, cwd=TESTS
    )
    answer = json.loads(done.stdout)
    if answer["bad"]:
        raise RuntimeError(f"a request failed: {answer['bad'][0]}")
    times = sorted(answer["times_ms"])
    return {
        "per_second": round(answer["requests"] / answer["seconds"], 1),
        "median_ms": round(statistics.median(times), 2),
        "p99_ms": round(times[int(len(times) * 0.99)], 2),
        "requests": answer["requests"],
        "seconds": round(answer["seconds"], 3),
    }


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
