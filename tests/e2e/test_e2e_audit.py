"""`seedbed audit` as an operator runs it: what it says, what it mends, and with which code it ends."""

from __future__ import annotations

import json

import psycopg
import pytest
from serving import new_home, run_cli

pytestmark = pytest.mark.server
LANE = "insert into lane (account_id, is_live, pool, queued, max_running) values (%s, true, 'default', 3, 4)"
COUNTED = "select queued from lane"


@pytest.fixture
def miscounted(database):
    """A database with one thing amiss: a lane that counts jobs which are not there."""
    with psycopg.connect(database, autocommit=True) as conn:
        (account,) = conn.execute("insert into account (name) values ('Ada') returning id").fetchone()
        conn.execute(LANE, [account])
        yield conn


def test_a_dry_run_says_what_a_repair_then_does(database, miscounted):
    with new_home() as home:
        looked = run_cli(home, "audit", "--json", SEEDBED_DATABASE_URL=database)
        tried = run_cli(home, "audit", "--repair", "--dry-run", SEEDBED_DATABASE_URL=database)
        before = miscounted.execute(COUNTED).fetchone()
        mended = run_cli(home, "audit", "--repair", SEEDBED_DATABASE_URL=database)

    assert [looked.returncode, tried.returncode, mended.returncode] == [1, 1, 0]
    assert [finding["kind"] for finding in json.loads(looked.stdout)["findings"]] == ["lane_miscounted"]
    assert tried.stdout.startswith("would mend  lane_miscounted: ")
    assert "mended      lane_miscounted: " in mended.stdout
    assert mended.stdout.endswith("All is sound.\n")
    assert (before, miscounted.execute(COUNTED).fetchone()) == ((3,), (0,))


def test_the_metric_is_written_for_node_exporter(database, miscounted):
    with new_home() as home:
        run_cli(home, "audit", "--prometheus", str(home / "seedbed.prom"), SEEDBED_DATABASE_URL=database)
        text = (home / "seedbed.prom").read_text()
        names = [path.name for path in home.iterdir()]

    assert 'seedbed_audit_findings{kind="lane_miscounted"} 1\n' in text
    assert "seedbed_audit_last_run_timestamp_seconds " in text
    assert not any(name.startswith(".") for name in names)


def test_an_audit_that_cannot_be_made_is_not_taken_for_damage():
    with new_home() as home:
        done = run_cli(home, "audit", SEEDBED_DATABASE_URL="postgresql://127.0.0.1:1/nowhere")

    assert done.returncode == 2
    assert done.stderr.startswith("seedbed: The database cannot be reached")


def test_it_looks_into_the_embedded_service_without_a_service_running():
    with new_home() as home:
        done = run_cli(home, "audit")

    assert (done.returncode, done.stdout) == (0, "All is sound.\n")
