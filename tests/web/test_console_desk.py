"""The desk and the operator's API: every path that it asks for is there, every value that it may be told has words."""

from __future__ import annotations

import re

import pytest
from console_tree import ROOT, WORDS, name, text, words
from starlette.routing import Match

from seedbed.api.admin.accounts import account_routes
from seedbed.api.admin.audit_log import audit_log_routes
from seedbed.api.admin.jobs import job_routes
from seedbed.api.admin.keys import key_routes
from seedbed.api.admin.maintenance import maintenance_routes
from seedbed.api.admin.money import money_routes
from seedbed.api.admin.overview import STEPS, overview_routes
from seedbed.api.admin.pools import pool_routes
from seedbed.api.admin.settings import settings_routes
from seedbed.api.admin.workers import worker_routes
from seedbed.core.credits import TransferKind
from seedbed.core.engine import Stage
from seedbed.core.errors import JobFailure
from seedbed.core.keys import KeyState, Mode, Scope
from seedbed.core.operators import Act
from seedbed.core.webhooks import DeliveryState
from seedbed.store.fleet import DrainKind
from seedbed.store.workers import WorkerState

DESK = sorted((ROOT / "pages/desk").glob("*.js"))
NOUNS = (
    *(account_routes, audit_log_routes, job_routes, key_routes, maintenance_routes, money_routes),
    *(overview_routes, pool_routes, settings_routes, worker_routes),
)
ROUTES = [route for routes in NOUNS for route in routes(None)]
ASKED = re.compile(r"`\$\{ADMIN\}([^`?]*)")
VERBS = re.compile(r"`\$\{path\}/([^`?]*)")  # what lies under an account, or a job
STANDS_FOR = "7"
KEYS = {key for file in WORDS for key in words(file)["en"]}


def codes(failure: type[JobFailure]) -> set[str]:
    own = {failure.code} if "code" in vars(failure) else set()
    return own.union(*(codes(kind) for kind in failure.__subclasses__()))


def is_there(path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(route.matches(scope)[0] is not Match.NONE for route in ROUTES)


def asked_by(script) -> list[str]:
    """Return the paths in a script, with something in the place of everything that they are told."""
    asked = [f"/{path}" for path in ASKED.findall(text(script))]
    below = [f"{base}/{verb}" for verb in VERBS.findall(text(script)) for base in asked if "${encodeURI" in base]
    whole = [path.replace("${kind}s", "workers").replace("${verb}", "drain") for path in (*asked, *below)]
    return [re.sub(r"\$\{[^}]*\}", STANDS_FOR, path) for path in whole]


@pytest.mark.parametrize("script", DESK, ids=name)
def test_every_path_that_the_desk_asks_for_is_one_of_the_api(script):
    assert [path for path in asked_by(script) if not is_there(path)] == []


def test_a_path_that_is_not_there_would_be_seen():
    assert is_there("/jobs/7/requeue")
    assert not is_there("/jobs/7/restart")


@pytest.mark.parametrize(
    ("area", "values"),
    [
        ("act", Act),
        ("at", Stage),
        ("code", codes(JobFailure)),
        ("drain", DrainKind),
        ("keyState", KeyState),
        ("mode", Mode),
        ("scope", Scope),
        ("sent", DeliveryState),
        ("span", STEPS),
        ("stored", ("jobs", "assets")),
        ("transfer", TransferKind),
        ("worker", WorkerState),
    ],
)
def test_every_value_that_the_desk_may_be_told_has_words(area, values):
    assert values
    assert [str(value) for value in values if f"{area}.{value}" not in KEYS] == []


def test_the_log_can_be_filtered_by_every_action():
    listed = re.search(r"const ACTIONS = \[(.*?)\];", text(ROOT / "pages/desk/audit.js"), re.DOTALL)[1]
    offered = re.findall(r'"([a-z]+\.[a-z]+)"', listed)

    assert sorted(offered) == sorted(Act)


@pytest.mark.parametrize("script", [script for script in DESK if "export default" in text(script)], ids=name)
def test_every_page_of_the_desk_is_behind_its_door(script):
    assert re.search(r"^export default deskPage\(", text(script), re.MULTILINE)
