"""Measures how far one PostgreSQL carries: `python -m bench.scale [--small] [--parts curves,crowd,replicas]`.

Three questions, each with a table: does the size of the past matter (databases of a thousand, a hundred thousand and
five million jobs, measured in turn); how long does a job wait for one of a thousand simulated workers, and what do
they cost the database; what does a further API process cost and bring. The figures go to bench/results/scale.json and
scale.png, the plans of the largest database to scale-plans.txt. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.scale import crowd, curves
from bench.scale.crowd import Plan
from bench.scale.databases import Database, home, make
from bench.scale.growth import growth
from bench.scale.plot import draw
from bench.scale.reads import audited, plans, reads

OUT = Path("bench") / "results"
FILES = 16_384
PARTS = ("curves", "crowd", "replicas")
SIZES = (1_000, 100_000, 5_000_000)
SMALL_SIZES = (1_000, 20_000)
SMALL_PLAN = Plan(workers=100, processes=2, job_s=10.0, steady_s=20.0)


async def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"processors": os.cpu_count()}
    with home() as folder, ExitStack() as stack:
        databases = [await make(folder, jobs, stack) for jobs in wanted.sizes]
        result["databases"] = {
            each.name: {"seed_s": each.seed_s, "size_mb": each.size_mb, "waiting": each.waiting} for each in databases
        }
        table("databases", result["databases"])
        await asyncio.sleep(wanted.rest_s)
        await quiet(wanted.quiet)
        result["load_before"] = os.getloadavg()
        if "curves" in wanted.parts:
            result |= await past(databases, wanted)
        if "replicas" in wanted.parts:
            result["replicas"] = await growth(databases[0], rounds=wanted.rounds, count=wanted.count)
            show_replicas(result["replicas"])
        if "crowd" in wanted.parts:
            result["crowd"] = await crowd.crowd(databases[-1], wanted.plan)
            show_crowd(result["crowd"])
    return result | {"load_after": os.getloadavg()}


async def quiet(load: float | None) -> None:
    """Wait until the machine has less to do than that: what else runs on it may end while databases are filled."""
    while load is not None and os.getloadavg()[0] >= load:  # noqa: ASYNC110 - what is awaited happens elsewhere
        await asyncio.sleep(5)


async def past(databases: list[Database], wanted: argparse.Namespace) -> dict[str, Any]:
    measured = await curves.curves(databases, rounds=wanted.rounds, count=wanted.count)
    for name, of in measured.items():
        table(name, of)
    single = await reads(databases, rounds=min(3, wanted.rounds), count=50)
    table("p50 in ms, one at a time", {name: _medians(of) for name, of in single.items()})
    wanted.out.mkdir(parents=True, exist_ok=True)
    explained = await plans(databases[-1])
    lines = [f"== {name}\n" + "\n".join(of) for name, of in explained.items()]
    (wanted.out / "scale-plans.txt").write_text("\n\n".join(lines) + "\n")
    audits = {each.name: await audited(each) for each in databases}
    table("an audit of all rows", audits)
    return {"curves": measured, "reads": single, "audits": audits}


def _medians(of: dict[str, dict[str, float]]) -> dict[str, float]:
    return {size: figures["p50_ms"] for size, figures in of.items()}


def table(title: str, rows: dict[str, dict[str, Any]]) -> None:
    columns = list(next(iter(rows.values())))
    print(f"\n{title:28}", *(f"{column:>14}" for column in columns))
    for name, figures in rows.items():
        print(f"{name:28}", *(f"{figures[column]:>14,}" for column in columns))


def show_replicas(measured: dict[str, Any]) -> None:
    rows = {
        f"{size} API processes": {
            "poll/s": of["poll"]["per_s"],
            "poll p99 ms": of["poll"]["p99_ms"],
            "submit/s": of["submit"]["per_s"],
            "submit p99 ms": of["submit"]["p99_ms"],
            "CPU ms each": of["api_cpu_ms_a_request"],
        }
        for size, of in measured["processes"].items()
    }
    table("replicas", rows)
    print("each, idle and busy:", measured["idle"], measured["busy"])


def show_crowd(measured: dict[str, Any]) -> None:
    print()
    for name, value in measured.items():
        print(f"{name:28} {value}")


def misses(result: dict[str, Any]) -> list[str]:
    """Return the targets that were missed, in words."""
    missed = []
    for name, of in result.get("curves", {}).items():
        sizes = list(of)
        ratio = of[sizes[-1]]["p99_ms"] / of[sizes[0]]["p99_ms"]
        if ratio > curves.TARGET:
            missed.append(f"{name}: p99 with {sizes[-1]} jobs is {ratio:.2f} times that with {sizes[0]}")
    wait = result.get("crowd", {}).get("wait_while_idle_ms", {})
    if wait and wait.get("p50", float("inf")) > crowd.TARGET_MS:
        missed.append(f"crowd: jobs wait {wait.get('p50')} ms (p50) while a worker is idle")
    return missed


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.scale")
    parser.add_argument("--small", action="store_true", help="everything, in two minutes")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--count", type=int)
    parser.add_argument("--quiet", type=float, help="measure once the load of the last minute is below this")
    parser.add_argument("--out", type=Path, default=OUT)
    wanted = parser.parse_args()
    wanted.sizes = wanted.sizes or (SMALL_SIZES if wanted.small else SIZES)
    wanted.rounds = wanted.rounds or (2 if wanted.small else 7)
    wanted.count = wanted.count or (200 if wanted.small else 1000)
    wanted.plan = SMALL_PLAN if wanted.small else Plan()
    wanted.rest_s = 0.0 if wanted.small else 15.0  # the first vacuums of a new server
    return wanted


def main() -> None:
    wanted = arguments()
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    began_s = time.monotonic()
    result = asyncio.run(measure(wanted))
    result["minutes"] = round((time.monotonic() - began_s) / 60, 1)
    wanted.out.mkdir(parents=True, exist_ok=True)
    (wanted.out / "scale.json").write_text(json.dumps(result, indent=1) + "\n")
    if "curves" in result or "replicas" in result:
        draw(result, wanted.out / "scale.png")
    print(f"\n{result['minutes']} minutes; load before and after: {result['load_before']}, {result['load_after']}")
    missed = misses(result)
    print(*(missed or ["Every target was met."]), sep="\n")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
