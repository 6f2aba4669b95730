"""What `seedbed fleet status` shows: read from the database alone, so that it answers whatever became of the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.cli.console import console, rfc3339

if TYPE_CHECKING:
    from seedbed.store.database import Connection
    from seedbed.store.workers import Worker

LEADS_WITHIN_S = 15.0  # a leader says what it does every two seconds


async def status_of(conn: Connection) -> dict[str, Any]:
    """Return the fleets with their pools, every worker, and what is drained, as JSON."""
    from seedbed.store import fleet as fleets
    from seedbed.store import workers

    alive = await workers.alive(conn)
    since = await fleets.doings(conn, [worker.doing for worker in alive if worker.doing])
    return {
        "fleets": [
            {
                "fleet": row.name,
                "leader": row.leader if row.age_s < LEADS_WITHIN_S else None,
                "backend": row.backend,
                "led_since": rfc3339(row.led_since),
                "seen_at": rfc3339(row.seen_at),
                "pools": row.pools,
            }
            for row in await fleets.told(conn)
        ],
        "workers": [_worker(worker, since.get(worker.doing or "")) for worker in alive],
        "drained": [
            {"kind": drain.kind, "target": drain.target, "reason": drain.reason, "since": rfc3339(drain.since)}
            for drain in await fleets.drains(conn)
        ],
    }


def _worker(worker: Worker, doing_since: Any) -> dict[str, Any]:
    return {
        "worker": worker.id,
        "pools": list(worker.pools),
        "state": "drained" if worker.is_drained else worker.state,
        "state_since": rfc3339(worker.state_since),
        "reason": worker.reason,
        "doing": worker.doing,
        "doing_since": rfc3339(doing_since) if doing_since else None,
        "started_at": rfc3339(worker.started_at),
        "host": worker.place.host,
        "gpus": worker.place.gpus,
        "engine": worker.place.engine,
        "fleet": worker.place.fleet,
        "slot": worker.place.slot,
    }


def standing(found: dict[str, Any]) -> bool:
    """Return whether every fleet is led, every pool has what it should, and no worker or host is out of work."""
    pools = [pool for fleet in found["fleets"] for pool in fleet["pools"]]
    return (
        all(fleet["leader"] for fleet in found["fleets"])
        and all(pool["ready"] >= pool["desired"] and not pool["troubles"] for pool in pools)
        and all(worker["state"] == "ready" and not worker["reason"] for worker in found["workers"])
        and not [drain for drain in found["drained"] if drain["kind"] == "host"]
    )


def print_status(found: dict[str, Any]) -> None:
    out = console()
    for fleet in found["fleets"]:
        leader = f"led by {fleet['leader']} since {fleet['led_since'][:19]}Z" if fleet["leader"] else _unled(fleet)
        out.print(f"Fleet {fleet['fleet']} ({fleet['backend']}): {leader}")
        _print_pools(fleet["pools"])
    if not found["fleets"]:
        out.print("No fleet has run with this database; `seedbed fleet` starts one.")
    _print_workers(found["workers"])
    for drain in found["drained"]:
        out.print(f"Drained {drain['kind']} {drain['target']} since {drain['since'][:19]}Z: {drain['reason']}")


def _unled(fleet: dict[str, Any]) -> str:
    return f"nobody leads it; {fleet['seen_at'][:19]}Z was the last that was heard of it. Start `seedbed fleet`."


def _print_pools(pools: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("pool", "engine", "desired", "ready", "starting", "unfit", "waiting", "oldest", "running", "why"):
        table.add_column(title)
    for pool in pools:
        numbers = [pool[name] for name in ("desired", "ready", "starting", "unfit", "waiting")]
        wait = f"{pool['oldest_wait_s']:.0f} s"
        table.add_row(pool["pool"], pool["engine"], *map(str, numbers), wait, str(pool["running"]), pool["reason"])
    console().print(table)
    for pool in pools:
        for slot, trouble in pool["troubles"].items():
            console().print(f"!! {pool['pool']} {slot}: {trouble}")


def _print_workers(workers: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("worker", "pool", "state", "does", "since", "host", "GPUs", "engine", "slot", "what is wrong"):
        table.add_column(title)
    for worker in workers:
        since = worker["doing_since"] or worker["state_since"]
        slot = f"{worker['fleet']}/{worker['slot']}" if worker["fleet"] else "-"
        table.add_row(
            worker["worker"],
            ",".join(worker["pools"]),
            worker["state"],
            worker["doing"] or "-",
            since[:19] + "Z",
            worker["host"] or "-",
            worker["gpus"] or "-",
            worker["engine"] or "-",
            slot,
            worker["reason"] or "",
        )
    console().print(table if workers else "No worker is at work.")
