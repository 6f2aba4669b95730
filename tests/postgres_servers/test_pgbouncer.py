"""Debian's PgBouncer stands before the database: everything goes through it but LISTEN and migrations."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from clusters import DEBIAN, Cluster, cluster, pgbouncer
from journeys import run_cli, service, walk

SESSIONS = 40  # more than a service, its worker and its listeners take at a time


@pytest.fixture
def server() -> Iterator[Cluster]:
    with cluster(DEBIAN) as server:
        yield server


def test_a_whole_service_runs_behind_four_connections_that_are_lent_by_the_transaction(server: Cluster) -> None:
    """`run_cli` migrates and looks as an operator would: with both URLs."""
    direct = {"SEEDBED_LISTEN_URL": server.url()}
    with pgbouncer(server, mode="transaction", pool_size=4) as url:
        assert run_cli(url, "migrate", **direct).returncode == 0
        assert run_cli(url, "migrate", "--check", **direct).returncode == 0

        with service(url, **direct) as running:
            walk(running, jobs=30)
            log = running.log.read_text()

        assert '"level": "warning"' not in log
        assert '"level": "error"' not in log


def test_a_pooler_that_keeps_a_connection_for_each_session_may_be_named_in_both(server: Cluster) -> None:
    assert run_cli(server.url(), "migrate", SEEDBED_LISTEN_URL=server.url(application_name="other")).returncode == 0
    with (
        pgbouncer(server, mode="session", pool_size=SESSIONS) as url,
        service(url, SEEDBED_LISTEN_URL=url) as running,
    ):
        walk(running)


def test_connections_through_the_pooler_bear_the_roles_time_outs(server: Cluster) -> None:
    with pgbouncer(server, mode="transaction") as url:
        run_cli(url, "migrate", SEEDBED_LISTEN_URL=server.url())

        with psycopg.connect(url) as conn:
            told = conn.execute("select current_setting('statement_timeout'), current_setting('lock_timeout')")
            assert told.fetchone() == ("15s", "5s")


def test_a_pooler_without_a_way_around_it_is_refused_at_start(server: Cluster) -> None:
    run_cli(server.url(), "migrate")
    with pgbouncer(server, mode="transaction") as url:
        said = run_cli(url, "serve")

    assert said.returncode == 1
    assert "SEEDBED_LISTEN_URL" in said.stderr


def test_a_way_around_the_pooler_that_leads_through_it_too_is_refused_at_start(server: Cluster) -> None:
    run_cli(server.url(), "migrate")
    with pgbouncer(server, mode="transaction") as url:
        said = run_cli(url, "serve", SEEDBED_LISTEN_URL=url)

    assert said.returncode == 1
    assert "is not heard over SEEDBED_LISTEN_URL" in said.stderr


def test_nobody_migrates_through_a_pooler(server: Cluster) -> None:
    with pgbouncer(server, mode="transaction") as url:
        said = run_cli(url, "migrate")

    assert said.returncode == 1
    assert "cannot be migrated through a pooler" in said.stderr


def test_pooled_connections_without_time_outs_are_refused_at_start(server: Cluster) -> None:
    run_cli(server.url(), "migrate")  # as before there was a pooler, so the role was given none
    with pgbouncer(server, mode="transaction") as url:
        said = run_cli(url, "work", SEEDBED_LISTEN_URL=server.url())

    assert said.returncode == 1
    assert "no statement_timeout" in said.stderr
