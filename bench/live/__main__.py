"""Follows many generations at once: `python -m bench.live [--listeners 2000] [--seconds 20] [--json FILE]`.

A real `seedbed serve` without workers; this process does what workers do (claim, report, finish), a second process
holds all the listeners. Measured: from the commit of a change to the client that is told of it, and the memory of the
API's process with everybody listening. Exits with 1 if a change of state was not told, or a limit was passed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
from bench.live.copies import copy_queued
from bench.load.__main__ import service

from seedbed.actions.beat import beat
from seedbed.actions.claim import claim
from seedbed.actions.finish import Success, finish
from seedbed.api.native.generations import step_of
from seedbed.cli.home import Login, load_login, load_running
from seedbed.core.engine import Stage
from seedbed.core.job import Output, Progress
from seedbed.core.sizes import Size
from seedbed.store.database import Pool, borrow, connect_pool, connected

OUT = Path("bench") / "results" / "live.json"
LIMIT_MS = 250.0
LIMIT_MB = 300.0
AT_ONCE = 40  # jobs that are being made
BEATS = 8
BEAT_EVERY_S = 0.25
FILES = 16_384
GENERATIONS = "/api/open/v1/video/generations"
ORDER = {"model": "seedance-2.0-fast", "prompt": "A red fox in the snow.", "duration": 4, "resolution": "480p"}


async def order_one(login: Login) -> str:
    bearer = {"Authorization": f"Bearer {login.key}"}
    async with httpx.AsyncClient(base_url=login.base_url, headers=bearer, timeout=60, trust_env=False) as http:
        answer = (await http.post(GENERATIONS, json=ORDER)).raise_for_status().json()
    return str(answer["requestId"])


async def order(login: Login, database_url: str, jobs: int) -> list[str]:
    job_id = await order_one(login)
    async with connected(database_url, name="bench") as conn:
        return [job_id, *await copy_queued(conn, job_id, jobs - 1)]


async def work(pool: Pool, until_s: float, done: dict[tuple[str, str], float]) -> None:
    """Do as a worker does, again and again, and note when each change had been committed."""
    while time.monotonic() < until_s:
        async with borrow(pool) as conn:
            claimed = await claim(conn, pools=["default"], worker="bench", lease_s=60)
        if claimed is None:
            return
        job = claimed.job
        done[job.id, step_of(job)] = time.time()
        for number in range(1, BEATS):
            await asyncio.sleep(BEAT_EVERY_S)
            fraction = number / BEATS
            async with borrow(pool) as conn:
                await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=fraction)
            done[job.id, f"{job.version}.{Progress(Stage.RENDERING, fraction).stage}.{fraction:.3f}"] = time.time()
        output = Output(key="jobs/x/1/x.mp4", size=Size(864, 496), frames=97, fps=24, size_bytes=1, sha256="0" * 64)
        async with borrow(pool) as conn:
            finished = await finish(conn, job.id, job.attempt, Success(output, engine="bench"))
        assert finished is not None
        done[job.id, step_of(finished.job)] = time.time()


async def measure(process: subprocess.Popen[bytes], home: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    login, running = load_login(home), load_running(home)
    assert login is not None
    assert running is not None
    jobs = await order(login, running.database_url, wanted.listeners)
    alone_mb = memory_mb(process)
    host, port = login.base_url.removeprefix("http://").split(":")
    listeners = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.live.listeners"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**26
    )
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    told = {"host": host, "port": int(port), "key": login.key, "jobs": jobs}
    listeners.stdin.write(json.dumps(told).encode() + b"\n")
    if (await listeners.stdout.readline()).strip() != b"ready":
        sys.exit("The listeners did not come up.")
    listening_mb = memory_mb(process)
    done: dict[tuple[str, str], float] = {}
    async with connect_pool(running.database_url, min_size=2, max_size=10, name="bench") as pool:
        idle = psutil.Process(process.pid).cpu_times()
        until_s = time.monotonic() + wanted.seconds
        await asyncio.gather(*(work(pool, until_s, done) for _ in range(AT_ONCE)))
        busy = psutil.Process(process.pid).cpu_times()
    await asyncio.sleep(2)
    busy_mb = memory_mb(process)
    said, _ = await listeners.communicate(b"\n")
    lines = [json.loads(line) for line in said.splitlines()]
    cpu = (busy.user + busy.system - idle.user - idle.system) / wanted.seconds
    memory = {"alone": alone_mb, "listening": listening_mb, "after": busy_mb}
    return report(lines[0], lines[1:], done, memory, cpu, wanted)


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of the API's process, libraries and all."""
    return round(psutil.Process(process.pid).memory_info().rss / 1e6, 1)


def report(
    ended: dict[str, Any],
    heard: list[list[Any]],
    done: dict[tuple[str, str], float],
    memory: dict[str, float],
    cpu: float,
    wanted: argparse.Namespace,
) -> dict[str, Any]:
    at: dict[tuple[str, str], float] = {}
    for job, _, id_, when in heard:
        if id_:
            at.setdefault((job, id_), when)
            at.setdefault((job, id_.partition(".")[0]), when)  # a state may be told with its first step of progress
    late_ms = {step: 1000 * (at[step] - when) for step, when in done.items() if step in at}
    states = {step for step in done if "." not in step[1]}
    return {
        "listeners": wanted.listeners,
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "faults": ended["faults"],
        "changes_of_state": len(states),
        "of_them_untold": len(states - at.keys()),
        "steps_of_progress": len(done) - len(states),
        "state_ms": spread([late for step, late in late_ms.items() if step in states]),
        "progress_ms": spread([late for step, late in late_ms.items() if step not in states]),
        "memory_mb": memory,
        "processor_share": round(cpu, 2),
        "processor_ms_an_event": round(1000 * cpu * wanted.seconds / max(1, len(heard)), 3),
    }


def spread(times_ms: list[float]) -> dict[str, float]:
    parts = statistics.quantiles(times_ms, n=100)
    return {"median": round(parts[49], 1), "p99": round(parts[98], 1), "most": round(max(times_ms), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.live")
    parser.add_argument("--listeners", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path, default=OUT)
    wanted = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with service(0) as (process, home):
        result = asyncio.run(measure(process, home, wanted))
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    wanted.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    slowest_ms = max(result["state_ms"]["p99"], result["progress_ms"]["p99"])
    is_fine = slowest_ms < LIMIT_MS and max(result["memory_mb"].values()) < LIMIT_MB
    sys.exit(0 if is_fine and not result["faults"] and not result["of_them_untold"] else 1)


if __name__ == "__main__":
    main()
