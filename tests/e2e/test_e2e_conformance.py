"""Our own service keeps the whole documented contract, as `seedbed conformance` sees it over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, new_home, run_cli

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def documented() -> Iterator[Served]:
    """A service as it comes: no network is opened, so that plain HTTP is refused."""
    with new_home() as home:
        service = Served(home)
        try:
            yield service
        finally:
            service.stop()


def test_our_service_keeps_every_documented_promise(documented: Served, tmp_path: Path) -> None:
    spend = ("--max-credits", "2000", "--yes", "--report", str(tmp_path / "report.json"))
    done = run_cli(documented.home, "conformance", *spend, timeout_s=300)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    not_kept = {fact["id"]: fact["verdict"] for fact in report["facts"] if fact["verdict"] != "kept"}
    assert not_kept == {"webhook.final": "not asked", "key.revoked": "not asked"}
    assert documented.key not in done.stdout + (tmp_path / "report.json").read_text()


def test_without_a_budget_nothing_is_charged_and_a_later_report_says_what_changed(
    documented: Served, tmp_path: Path
) -> None:
    free = run_cli(documented.home, "conformance", "--report", str(tmp_path / "free.json"))
    again = run_cli(documented.home, "conformance", "--compare", str(tmp_path / "free.json"))

    report = json.loads((tmp_path / "free.json").read_text())
    assert (free.returncode, report["spentCredits"], report["counts"]["broken"]) == (0, 0, 0)
    assert report["counts"]["kept"] > 10
    assert (again.returncode, "changed" in again.stdout) == (0, False)


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with new_home() as home:
        done = run_cli(home, "conformance", "--base-url", "http://127.0.0.1:9", "--key", "k")

    assert done.returncode == 1
    assert done.stderr.startswith("seedbed: http://127.0.0.1:9 gives no answer")
