"""Every major version of PostgreSQL that we promise carries a whole service; an older one is refused by its number."""

from __future__ import annotations

import pytest
from clusters import SERVED, TOO_OLD, cluster, programs
from journeys import run_cli, service, walk

from seedbed.store.migrate import migrate


@pytest.mark.parametrize("major", SERVED)
def test_a_whole_service_runs_on_this_major_version(major: str) -> None:
    with cluster(programs(major)) as server:
        migrate(server.url())

        with service(server.url()) as running:
            walk(running)

        assert f"PostgreSQL {major}." in run_cli(server.url(), "migrate", "--check").stdout


def test_a_server_that_is_too_old_is_refused_by_its_number() -> None:
    with cluster(programs(TOO_OLD)) as server:
        said = run_cli(server.url(), "migrate")

    assert said.returncode == 1
    assert f"PostgreSQL {TOO_OLD}." in said.stderr
    assert "14 or later" in said.stderr
