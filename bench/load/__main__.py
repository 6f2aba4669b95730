"""Loads the whole service: `python -m bench.load [--seconds 300] [--clients 64] [--workers 1] [--json FILE]`.

A real `seedbed serve` in processes of its own, its worker busy with the embedded engine, and from here so many clients
that submit, poll, wait, upload, cancel and load what is finished. Every answer that such a client should not get is an
error, and so is every lost connection. Memory is that which is a process's own (USS), of the API and of the worker with
its children, once they are warm, halfway and at the end. Exits with 1 after an error or a growth above the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from bench.load.customer import Customer, Tally

from seedbed.cli.home import load_login
from seedbed.store import embedded

OUT = Path("bench") / "results" / "load.json"
MAX_GROWTH = 0.05
WARM_SHARE = 0.2  # of the time: by then every pool, cache and engine is there
START_S = 120.0
ENOUGH_CREDITS = "100000000"
LIMITS = {
    "SEEDBED_QUEUE_LIMIT_JOBS": "1000000",
    "SEEDBED_REQUESTS_PER_MINUTE": "10000000",
    "SEEDBED_CANCELS_PER_MINUTE": "10000000",
    "SEEDBED_UPLOAD_BYTES_PER_DAY": "1000000000000",
    "SEEDBED_LOG_LEVEL": "warning",
}


@contextmanager
def service(workers: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run it in a home of its own, and stop it in order."""
    home = Path(tempfile.mkdtemp(prefix="seedbed-load-"))
    home.chmod(0o711)  # the database's own user must get in too
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    environ |= LIMITS | {"SEEDBED_HOME": str(home), "SEEDBED_PORT": "0"}
    command = [sys.executable, "-m", "seedbed.cli"]
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen([*command, "serve", "--workers", str(workers)], stdout=log, stderr=log, env=environ)
        try:
            await_ready(process, home)
            subprocess.run([*command, "credits", "grant", "1", ENOUGH_CREDITS], check=True, env=environ, stdout=log)
            yield process, home
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            embedded.erase(home / "postgres")


def await_ready(process: subprocess.Popen[bytes], home: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        login = load_login(home)
        if login and (home / "serve.log").read_text().count(login.base_url):
            return
        time.sleep(0.1)
    sys.exit((home / "serve.log").read_text())


def memory_mb(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Return the own memory of the API's process, and of the workers with all that they started."""
    api = psutil.Process(process.pid)
    workers = 0
    for child in api.children(recursive=True):
        try:
            if "postgres" not in child.name():
                workers += child.memory_full_info().uss
        except psutil.NoSuchProcess:
            continue
    return {"api": round(api.memory_full_info().uss / 1e6, 1), "workers": round(workers / 1e6, 1)}


async def load(process: subprocess.Popen[bytes], home: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    login = load_login(home)
    assert login is not None

    def cpu_s() -> float:
        spent = psutil.Process(process.pid).cpu_times()
        return spent.user + spent.system

    began_cpu_s = cpu_s()
    tally = Tally(answers=Counter(), faults=Counter(), times_s=defaultdict(list))
    memory: dict[str, dict[str, float]] = {}
    limits = httpx.Limits(max_connections=2 * wanted.clients, max_keepalive_connections=wanted.clients)
    bearer = {"Authorization": f"Bearer {login.key}"}
    async with httpx.AsyncClient(
        base_url=login.base_url, headers=bearer, limits=limits, timeout=60, trust_env=False
    ) as http:
        customers = [Customer(http, tally, random.Random(number)) for number in range(wanted.clients)]
        tasks = [asyncio.create_task(customer.shop()) for customer in customers]
        for name, until in (("warm", WARM_SHARE), ("middle", (1 + WARM_SHARE) / 2), ("end", 1.0)):
            elapsed = 0.0 if not memory else WARM_SHARE if name == "middle" else (1 + WARM_SHARE) / 2
            await asyncio.wait(tasks, timeout=wanted.seconds * (until - elapsed), return_when=asyncio.FIRST_EXCEPTION)
            memory[name] = await asyncio.to_thread(memory_mb, process)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    tally.faults.update(repr(fault)[:200] for fault in ended if not isinstance(fault, asyncio.CancelledError))
    return report(tally, memory, cpu_s() - began_cpu_s, wanted)


def report(
    tally: Tally, memory: dict[str, dict[str, float]], cpu_s: float, wanted: argparse.Namespace
) -> dict[str, Any]:
    growth = {part: round(memory["end"][part] / warm - 1, 4) for part, warm in memory["warm"].items() if warm}
    requests = sum(len(times) for times in tally.times_s.values())
    return {
        "seconds": wanted.seconds,
        "clients": wanted.clients,
        "workers": wanted.workers,
        "processors": os.cpu_count(),
        "requests": requests,
        "api_cpu_ms_a_request": round(cpu_s * 1000 / max(1, requests), 2),
        "errors": tally.faults.total(),
        "faults": dict(tally.faults),
        "answers": dict(sorted(tally.answers.items())),
        "routes": {route: latencies(times) for route, times in sorted(tally.times_s.items())},
        "memory_mb": memory,
        "growth": growth,
    }


def latencies(times_s: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times_s, n=100) if len(times_s) > 1 else times_s * 99
    return {
        "requests": len(times_s),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "max_ms": round(max(times_s) * 1000, 1),
    }


def show(result: dict[str, Any]) -> None:
    for route, figures in result["routes"].items():
        print(
            f"{route:28} {figures['requests']:8} requests  p50 {figures['p50_ms']:8} ms  p99 {figures['p99_ms']:8} ms"
        )
    for what, times in result["answers"].items():
        print(f"{times:8} {what}")
    print("processor time of the API:", result["api_cpu_ms_a_request"], "ms a request")
    print("memory (MB):", result["memory_mb"], "growth after warm-up:", result["growth"])
    print(f"{result['requests']} requests in {result['seconds']} s, {result['errors']} errors", result["faults"] or "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, default=OUT)
    arguments = parser.parse_args()
    with service(arguments.workers) as (running, folder):
        measured = asyncio.run(load(running, folder, arguments))
    show(measured)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(measured, indent=1) + "\n")
    sys.exit(measured["errors"] > 0 or max(measured["growth"].values()) > MAX_GROWTH)
