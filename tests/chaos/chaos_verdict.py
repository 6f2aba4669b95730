"""Judges the end state: every promise that was broken is one sentence."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chaos_customers import PATIENCE_S, Orders
from chaos_receiver import Webhook
from chaos_stage import Stage
from standardwebhooks import Webhook as Verifier

from seedbed.core.audit import Report
from seedbed.store.database import Connection, many

FINAL = {"succeeded": "capture", "failed": "release", "cancelled": "release"}
EVENTS = (
    "job.let_go",
    "job.interrupted",
    "job.handed_back",
    "lease.unheard",
    "delivery.rescued",
    "database.unreachable",
)
JOBS = """
select job.id, job.account_id, job.state::text, job.attempt, job.failures, job.error_code, job.output::jsonb as output,
    extract(epoch from job.finished_at - job.created_at)::float8 as wall_s,
    array(select kind::text from transfer where job_id = job.id order by id) as money
from job
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is left when all is over: rows, bytes, requests that were received, what customers were told."""

    jobs: list[dict]
    store: Path
    orders: Orders
    webhooks: list[Webhook]
    report: Report
    stray_engines: list[int]


async def final_jobs(conn: Connection) -> list[dict]:
    return list(await many(conn, JOBS, {}))


def broken_promises(evidence: Evidence) -> list[str]:
    return [
        *_orders_lost(evidence),
        *_money_wrong(evidence),
        *_bytes_wrong(evidence),
        *_webhooks_wrong(evidence),
        *(f"audit: {finding.kind}: {finding.says}" for finding in evidence.report.findings),
        *(f"process {pid}: an engine outlived its worker" for pid in evidence.stray_engines),
    ]


def _orders_lost(evidence: Evidence) -> Iterator[str]:
    states = {job["id"]: job["state"] for job in evidence.jobs}
    for key in evidence.orders.unanswered:
        yield f"order {key}: it was not answered within {PATIENCE_S:.0f} s"
    for key, ids in evidence.orders.jobs.items():
        if len(ids) != 1:
            yield f"order {key}: one Idempotency-Key made {len(ids)} jobs"
    told = {request_id for ids in evidence.orders.jobs.values() for request_id in ids}
    for request_id in told ^ states.keys():
        yield f"{request_id}: {'lost' if request_id in told else 'nobody was told of it'}"
    for request_id, state in states.items():
        if state not in FINAL:
            yield f"{request_id}: it is still {state}"
    for request_id in evidence.orders.cancelled:
        if states.get(request_id) != "cancelled":
            yield f"{request_id}: its cancel was answered 200, and it is {states.get(request_id)}"


def _money_wrong(evidence: Evidence) -> Iterator[str]:
    for job in evidence.jobs:
        if job["money"] != ["hold", FINAL.get(job["state"])]:
            yield f"{job['id']}: {job['state']}, and its money went {job['money']}"


def _bytes_wrong(evidence: Evidence) -> Iterator[str]:
    """Whatever lies on the disk must be a result, whole, and as its own attempt made it."""
    outputs = {job["output"]["key"]: job["output"] for job in evidence.jobs if job["output"]}
    files = {str(path.relative_to(evidence.store)): path for path in evidence.store.rglob("*") if path.is_file()}
    for key in files.keys() - outputs.keys():
        yield f"{key}: bytes that no job names"
    for key, output in outputs.items():
        path = files.get(key)
        if path is None:
            yield f"{key}: the result is gone"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != output["sha256"]:
            yield f"{key}: not the bytes that were finished"
    if len({output["sha256"] for output in outputs.values()}) != len(outputs):
        yield "two results have the same bytes, so an overwritten one would not show"


def _webhooks_wrong(evidence: Evidence) -> Iterator[str]:
    verifiers = {customer.account_id: Verifier(customer.secret) for customer in evidence.orders.owner.values()}
    ids: dict[object, set[str]] = defaultdict(set)
    accepted: set[object] = set()
    states = {job["id"]: job for job in evidence.jobs}
    for webhook in evidence.webhooks:
        request_id = webhook.facts["requestId"]
        ids[request_id].add(webhook.id)
        if webhook.is_accepted:
            accepted.add(request_id)
        job = states.get(request_id)
        if job is None or (job["state"], job["account_id"]) != (webhook.facts["status"], webhook.account):
            yield f"{request_id}: its webhook says {webhook.facts['status']} to account {webhook.account}"
        if not _is_signed(webhook, verifiers[webhook.account]):
            yield f"{webhook.id}: its signature is wrong"
    for request_id in states.keys() - accepted:
        yield f"{request_id}: its webhook was never accepted by the receiver"
    for request_id, seen in ids.items():
        if len(seen) != 1:
            yield f"{request_id}: its webhook bore {len(seen)} ids"


def _is_signed(webhook: Webhook, verifier: Verifier) -> bool:
    """Whether the signature is the one of that moment. `verify` would refuse all that came five minutes ago."""
    sent = datetime.fromtimestamp(int(webhook.headers["webhook-timestamp"]), UTC)
    return verifier.sign(webhook.id, sent, webhook.body.decode()) in webhook.headers["webhook-signature"].split()


def figures(evidence: Evidence, stage: Stage) -> dict[str, object]:
    walls_s = sorted(job["wall_s"] for job in evidence.jobs if job["state"] == "succeeded") or [0.0]
    sent = Counter(webhook.facts["requestId"] for webhook in evidence.webhooks if webhook.is_accepted)
    return {
        "jobs": dict(Counter(job["state"] for job in evidence.jobs)),
        "failed_with": dict(Counter(job["error_code"] for job in evidence.jobs if job["error_code"])),
        "attempts": sum(job["attempt"] for job in evidence.jobs),
        "attempts_beyond_the_first": sum(max(0, job["attempt"] - 1) for job in evidence.jobs),
        "failures_counted": sum(job["failures"] for job in evidence.jobs),
        "troubles": dict(stage.tallies),
        "starts": {"apis": sum(k.starts for k in stage.apis), "workers": sum(k.starts for k in stage.workers)},
        "customers": dict(evidence.orders.tallies),
        "log_events": events(stage),
        "webhooks_received": len(evidence.webhooks),
        "webhooks_accepted_twice_or_more": sum(1 for times in sent.values() if times > 1),
        "wall_p50_s": round(walls_s[len(walls_s) // 2], 2),
        "wall_p99_s": round(walls_s[int(len(walls_s) * 0.99)], 2),
    }


def events(stage: Stage) -> dict[str, int]:
    """Count what the processes said of their losses; `job.let_go` by its reason, for it is a stale write refused."""
    counts: Counter[str] = Counter()
    for log in stage.logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if not line.startswith("{"):
                continue
            try:
                said = json.loads(line)
            except ValueError:  # a killed process left half a line
                continue
            name = said.get("event")
            if name in EVENTS:
                counts[f"{name}:{said['reason']}" if name == "job.let_go" else name] += 1
            if said.get("level") == "error":
                counts[f"error:{name}"] += 1
    return dict(counts)
