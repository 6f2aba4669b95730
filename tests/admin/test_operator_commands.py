"""What operators do on the command line is what they do over HTTP, and is recorded as theirs."""

from __future__ import annotations

import psycopg
import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.core.errors import InvalidRequest, NotFound, WrongState

JOB = "req_" + "7" * 32


@pytest.fixture
def run(database, monkeypatch, tmp_path):
    """Run a command on a database of the test's own, and return what it says."""
    monkeypatch.setenv("SEEDBED_DATABASE_URL", database)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def job(database) -> str:
    """A job that waits."""
    with psycopg.connect(database) as conn:
        conn.execute("insert into account (name) values ('Ada')")
        conn.execute(
            "insert into lane (account_id, is_live, pool, queued, max_running) values (1, true, 'default', 1, 4)"
        )
        conn.execute(
            "insert into job (id, account_id, is_live, dialect, pool, request, priority, price_credits, estimate_ms,"
            " run_at, deadline_at, created_at) values (%s, 1, true, 'native', 'default',"
            """ '{"model": "seedance-2.0", "prompt": "A", "seed": 7}', 0, 0, 1, now(), now() + interval '1 day',"""
            " now())",
            [JOB],
        )
    return JOB


def recorded(database: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(database) as conn:
        return conn.execute("select action, subject, actor from operator_action order by number").fetchall()


def test_a_pool_is_paused_listed_and_resumed(run, database):
    run("pools", "pause", "default", "--reason", "a new driver")
    listed = run("pools", "list")
    resumed = run("pools", "resume", "default"), run("pools", "resume", "default")

    assert "a new driver" in listed
    assert "by cli" in listed
    assert resumed == ("The jobs of default go on.\n", "The pool default was not paused.\n")
    assert recorded(database) == [("pool.paused", "pool/default", "cli"), ("pool.resumed", "pool/default", "cli")]


def test_a_pool_that_is_not_there_is_named_with_those_that_are(run):
    with pytest.raises(NotFound, match="There is no pool 'gpu'; there are default"):
        run("pools", "pause", "gpu", "--reason", "why")


def test_maintenance_is_switched_on_and_off(run, database):
    said = (
        run("maintenance", "show"),
        run("maintenance", "on", "Back soon.", "--minutes", "5"),
        run("maintenance", "show"),
    )
    off = run("maintenance", "off"), run("maintenance", "off")

    assert said[0] == "Orders are taken.\n"
    assert "Back soon." in said[2]
    assert off == ("Orders are taken again.\n", "Orders were taken all the while.\n")
    assert [act for act, *_ in recorded(database)] == ["maintenance.began", "maintenance.ended"]


def test_a_message_of_nothing_is_refused(run):
    with pytest.raises(InvalidRequest, match="message"):
        run("maintenance", "on", " ")


def test_a_job_is_listed_reprioritised_and_cancelled(run, database, job):
    listed = run("jobs", "list", "--status", "queued")
    said = run("jobs", "priority", job, "9"), run("jobs", "requeue", job), run("jobs", "cancel", job)

    assert job in listed
    assert "1 (Ada)" in listed
    assert said == (f"{job} is queued.\n", f"{job} is queued.\n", f"{job} is cancelled.\n")
    assert [act for act, *_ in recorded(database)] == ["job.reprioritised", "job.cancelled"]
    with pytest.raises(WrongState, match="cancelled"):
        run("jobs", "requeue", job)
    assert run("jobs", "list", "--pool", "other").count("req_") == 0


def test_draining_by_hand_is_recorded(run, database):
    with psycopg.connect(database) as conn:
        conn.execute(
            "insert into worker (id, pools, capabilities, seen_at, host)"
            " values ('w-1', '{default}', '{}', clock_timestamp(), 'node1')"
        )

    run("fleet", "drain", "node1", "--reason", "loud fans")
    run("fleet", "undrain", "node1")

    assert recorded(database) == [("host.drained", "host/node1", "cli"), ("host.undrained", "host/node1", "cli")]
