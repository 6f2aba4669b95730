"""What `seedbed serve` takes is what it can keep."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.cli.serve import MAX_WORKERS
from seedbed.store.embedded import server

CONNECTIONS = 12  # of a worker at most, and as many of the API


def test_more_workers_than_the_database_has_connections_for_are_refused():
    done = CliRunner().invoke(app, ["serve", "--workers", str(MAX_WORKERS + 1)])

    assert done.exit_code == 2
    assert f"equal to {MAX_WORKERS} " in done.output


def test_the_database_has_connections_for_as_many_as_are_allowed():
    stated = server.SETTINGS["max_connections"]

    assert int(stated) >= (MAX_WORKERS + 1) * CONNECTIONS


@pytest.mark.parametrize("words", [["--latency", "20"], ["--test", "--latency", "soon"]])
def test_a_latency_that_cannot_be_is_refused_before_anything_starts(words):
    done = CliRunner().invoke(app, ["serve", *words])

    assert done.exit_code == 2
    assert "--latency" in done.output
