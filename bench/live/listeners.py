"""The clients of the live bench, in a process of their own: each follows one job, and notes when it was told what.

Reads `{"host", "port", "key", "jobs"}` from its input, prints `ready` once everybody has been told the first state, and
at the end of its input what was heard: `[job, event, id, seconds since the epoch]`, one a line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

AT_ONCE = 50
HEARD: list[tuple[str, str, str, float]] = []


async def listen(job: str, settings: dict, begun: asyncio.Semaphore, first: asyncio.Event) -> None:
    async with begun:
        reader, writer = await asyncio.open_connection(settings["host"], settings["port"], limit=65536)
        path = f"/api/open/v1/video/generations/{job}/events"
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {settings['key']}\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(status)
        fields: dict[str, str] = {}
        name = await next_event(reader, fields)
        first.set()
    while name != "end":
        name = await next_event(reader, fields)
        HEARD.append((job, name, fields.get("id", ""), time.time()))
    writer.close()


async def next_event(reader: asyncio.StreamReader, fields: dict[str, str]) -> str:
    """Return the next event's name. Chunk sizes and the answer's headers are lines like others, and mean nothing."""
    fields.clear()
    while True:
        line = (await reader.readline()).decode()
        if not line:
            raise RuntimeError("the stream broke off")
        name, _, value = line.rstrip("\r\n").partition(": ")
        if name in ("id", "event", "data"):
            fields[name] = value
        if name == "data":
            return fields["event"]


async def main() -> None:
    settings = json.loads(await asyncio.to_thread(sys.stdin.readline))
    begun = asyncio.Semaphore(AT_ONCE)
    firsts = [asyncio.Event() for _ in settings["jobs"]]
    tasks = [
        asyncio.create_task(listen(job, settings, begun, first))
        for job, first in zip(settings["jobs"], firsts, strict=True)
    ]
    while not all(first.is_set() for first in firsts):
        await asyncio.sleep(0.1)
        for task in tasks:
            if task.done():
                task.result()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    faults = [repr(task.exception()) for task in tasks if task.done() and task.exception()]
    print(json.dumps({"faults": faults[:5], "open": sum(not task.done() for task in tasks)}), flush=True)
    for heard in HEARD:
        print(json.dumps(heard))


if __name__ == "__main__":
    asyncio.run(main())
