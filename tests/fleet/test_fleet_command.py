"""`seedbed fleet` as operators run it: processes on this machine, what its status says, what is wrong at its start."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from seedbed.actions import submit as actions
from seedbed.actions.create_account import create_account
from seedbed.cli.main import app
from seedbed.core.errors import NotReady
from seedbed.store.database import connected
from store.orders import a_request, an_order, answer_of

pytestmark = pytest.mark.server
WAIT_S = 60
POOLS = """
[engines.card]
kind = "testcard"

[pools.card]
workers = { min = 1, max = 2, cool_down_s = 1, min_residency_s = 0 }
"""


def await_true(claim: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.fixture
def configured(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "seedbed.toml").write_text(POOLS)
    monkeypatch.setenv("SEEDBED_DATABASE_URL", database)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")
    return tmp_path / "seedbed.toml"


@pytest.fixture
def running(configured: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "seedbed.cli", "fleet", "--name", "here"]
    with subprocess.Popen(command, env=os.environ) as process:
        yield process
        process.terminate()
        process.wait(WAIT_S)


def status() -> dict:
    return json.loads(CliRunner().invoke(app, ["fleet", "status", "--json"]).output)


def ask(*arguments: str) -> str:
    return CliRunner().invoke(app, ["fleet", *arguments]).output


def pool() -> dict:
    return next((pool for fleet in status()["fleets"] for pool in fleet["pools"]), {})


def submit(url: str) -> None:
    async def submitted() -> None:
        async with connected(url, name="test") as conn:
            account = (await create_account(conn, name="Ada", credits=100)).id
            order = an_order(account, pool="card", request=a_request(expires_after_s=3600))
            await actions.submit(conn, order, answer_of=answer_of)

    asyncio.run(submitted())


def states(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [state for (state,) in conn.execute("select state::text from job")]


def test_a_fleet_keeps_its_pool_shows_it_and_ends_with_its_workers(
    running: subprocess.Popen[bytes], database: str
) -> None:
    await_true(lambda: pool().get("ready") == 1)

    [worker] = status()["workers"]
    assert (worker["fleet"], worker["slot"], worker["engine"]) == ("here", "card-0", "card")
    assert CliRunner().invoke(app, ["fleet", "status"]).exit_code == 0

    pid = int(worker["worker"].split("-")[-2])
    os.kill(pid, 9)
    await_true(lambda: [other["worker"] for other in status()["workers"]] not in ([], [worker["worker"]]))

    assert "takes no more jobs" in ask("drain", worker["host"], "--reason", "it smokes")
    await_true(lambda: [other["state"] for other in status()["workers"]] == ["drained"])
    submit(database)
    time.sleep(1)
    assert states(database) == ["queued"]
    assert pool()["unfit"] == 1
    assert f"Drained host {worker['host']}" in ask("status")
    assert "takes jobs again" in ask("undrain", worker["host"])
    await_true(lambda: states(database) == ["succeeded"])
    await_true(lambda: pool()["unfit"] == 0)

    running.terminate()
    assert running.wait(WAIT_S) == 0
    with psycopg.connect(database) as conn:
        cursor = conn.execute("select count(*) from worker where seen_at > clock_timestamp() - interval '3 s'")
        assert cursor.fetchone() == (0,)


def test_on_sighup_a_fleet_reads_its_pools_anew_and_leaves_its_workers_alone(
    running: subprocess.Popen[bytes], configured: Path
) -> None:
    await_true(lambda: pool().get("ready") == 1)
    [first] = status()["workers"]

    for wrong in ("[pools.card", ""):
        configured.write_text(wrong)
        running.send_signal(signal.SIGHUP)
        time.sleep(0.2)
    configured.write_text(POOLS.replace("min = 1", "min = 2"))
    running.send_signal(signal.SIGHUP)

    await_true(lambda: pool().get("ready") == 2)
    assert first["worker"] in [worker["worker"] for worker in status()["workers"]]


def refusal(*arguments: str) -> str:
    with pytest.raises(NotReady) as refused:
        CliRunner().invoke(app, ["fleet", *arguments], catch_exceptions=False)
    return str(refused.value)


def test_a_configuration_without_pools_is_told_what_to_write(configured: Path) -> None:
    configured.write_text("")

    assert "[pools.NAME]" in refusal()


def test_a_fleet_without_a_database_is_told_so(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDBED_DATABASE_URL")

    assert "SEEDBED_DATABASE_URL is not set" in refusal()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[pools.gpu]\nworkers = 1", "no engine serves such a pool; there are card, default"),
        ("[pools.card]\nworkers = -1", "min is at least 0"),
        ("[pools.card]\nworkers = { min = 3, max = 2 }", "max at least min"),
        ("[pools.card]\nworkers = { max = 2, target_wait_s = 0 }", "above 0"),
        ("[pools.card]\nworkers = 0\nkeep_warm = true", "keep_warm wants a worker"),
        ("[pools.card]\nworkers = 1\ngpus = 1.5", "a whole number, or a part of one GPU"),
        ("[pools.card]\nworkers = 1\nresources = { slot = -1 }", "cannot take -1 of slot"),
        ("[pools.card]\nworkers = 1\nengine = 'animatic'", "'animatic' does not serve this pool; card would"),
        ("[pools.card]\nworker = 1", "unknown field `worker`"),
    ],
)
def test_a_pool_that_cannot_be_is_refused_with_what_would_be_right(configured: Path, lines: str, words: str) -> None:
    configured.write_text(f'[engines.card]\nkind = "testcard"\n{lines}\n')

    assert words in refusal()


def test_two_engines_of_a_pool_need_a_choice(configured: Path) -> None:
    engines = "".join(f'[engines.{name}]\nkind = "testcard"\npool = "cards"\n' for name in "ab")
    configured.write_text(f"{engines}[pools.cards]\nworkers = 1\n")

    assert "needs `engine`, because several serve it: a, b" in refusal()


def test_draining_what_is_not_there_names_what_is(configured: Path) -> None:
    with pytest.raises(NotReady, match="no host and no worker 'nowhere' at work"):
        CliRunner().invoke(app, ["fleet", "drain", "nowhere"], catch_exceptions=False)
    with pytest.raises(NotReady, match="'nowhere' is not drained"):
        CliRunner().invoke(app, ["fleet", "undrain", "nowhere"], catch_exceptions=False)
