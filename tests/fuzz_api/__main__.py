"""Attacks the HTTP service with what Schemathesis makes of its OpenAPI document: `make fuzz-api` (CASES=5000).

A whole service without a worker runs for it, and a key of test mode pays, so that jobs are made and nothing is made of
them. Good and wrong data, single requests and chains of them (create, show, cancel); the run fails on any answer of
500, any status or form that the document does not have, and on fewer cases than asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections import Counter
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import dict_row

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from serving import new_home

from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.cli.service import running_service
from seedbed.core.keys import Mode, Scope
from seedbed.settings import Settings
from seedbed.telemetry.logs import start_logging

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance,ignored_auth,use_after_free"
)
MAX_ROUNDS = 20
# They hold their answers open for as long as nothing happens, and here nothing does. They have tests of their own.
STREAMS = "/(events|listen)$"


async def main(cases: int, seed: int, path_regex: str) -> int:
    start_logging("error")
    with new_home() as home:
        settings = Settings(home=home, port=0, queue_limit_jobs=10**6, requests_per_minute=10**6, body_timeout_s=5.0)
        async with running_service(settings, workers=0) as running:
            assert running.settings.database_url
            key = await new_key(running.settings.database_url)
            statuses = Counter[str]()
            for round_ in range(MAX_ROUNDS):
                left = cases - statuses.total()
                status, made = await attack(
                    running.settings.base_url, key, left, seed=seed + round_, path_regex=path_regex
                )
                statuses += made
                if status or statuses.total() >= cases:
                    break
    for what, times in sorted(statuses.items()):
        print(f"{times:6} {what}")
    print(f"{statuses.total()} of {cases} cases, with {len(statuses)} different outcomes")
    return status or (statuses.total() < cases)


async def new_key(database_url: str) -> str:
    async with await AsyncConnection.connect(database_url, autocommit=True, row_factory=dict_row) as conn:
        account = await create_account(conn, name="fuzz", credits=0)
        entropy = secrets.token_bytes(32)
        new = await create_key(conn, account.id, mode=Mode.TEST, name="fuzz", scopes=tuple(Scope), entropy=entropy)
    return new.key


async def attack(base_url: str, key: str, cases: int, *, seed: int, path_regex: str) -> tuple[int, Counter[str]]:
    """Return Schemathesis's exit status and what its cases were answered with."""
    root = f"{base_url}/api/open/v1"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "events.ndjson"
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{root}/openapi.json", "--url", root,
            "--header", f"Authorization: Bearer {key}", "--checks", CHECKS, "--seed", str(seed), "--no-shrink",
            "--max-examples", str(max(5, cases // 20)), "--generation-database", "none", "--warnings", "off",
            "--include-path-regex", path_regex, "--exclude-path-regex", STREAMS,
            "--continue-on-failure", "--request-timeout", "60", "--workers", "1",
            "--report", "ndjson", "--report-ndjson-path", str(report), "--no-color",
            cwd=folder,
        )  # fmt: skip
        status = await process.wait()
        return status, statuses_in(report.read_text())


def statuses_in(report: str) -> Counter[str]:
    """Return how often each operation gave each status, over the cases that were made; repeats without a key apart."""
    statuses = Counter[str]()
    for line in report.splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for name, case in recorder.get("cases", {}).items():
            answer = recorder.get("interactions", {}).get(name, {}).get("response")
            if answer and ("parent_id" not in case or case["is_transition_applied"]):
                statuses[f"{case['value']['method']} {case['value']['path']} {answer['status_code']}"] += 1
    return statuses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--paths", default=".*", help="only paths that match this regular expression")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.cases, arguments.seed, arguments.paths)))
