"""No path of the operator's API without a live key of the scope admin: every route is walked, by every method."""

from __future__ import annotations

import pytest
from desk import ROOT

from seedbed.api.admin.routes import admin_app
from seedbed.core.keys import Mode, Scope

OPEN = {"/openapi.json"}
NOT_ENOUGH = [([Scope.READ, Scope.GENERATE], Mode.LIVE), ([Scope.READ], Mode.LIVE), ([Scope.ADMIN], Mode.TEST)]
ROUTES = [
    (method, route.path)
    for route in admin_app(None).routes  # nothing is served here
    for method in sorted(route.methods - {"HEAD"})
    if route.path not in OPEN
]


def filled(path: str) -> str:
    """Return the path with a 7 in the place of each of its names."""
    return "/".join("7" if step.startswith("{") else step for step in path.split("/"))


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_key_there_is_nothing_to_see(http, method, path):
    answer = await http.request(method, ROOT + filled(path))

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_a_live_key_of_an_operator_is_let_in(enrol, method, path):
    for scopes, mode in (
        ([Scope.READ, Scope.GENERATE], Mode.LIVE),
        ([Scope.READ], Mode.LIVE),
        ([Scope.ADMIN], Mode.TEST),
    ):
        asker = await enrol(scopes=scopes, mode=mode, root=ROOT)

        answer = await asker.ask(method, filled(path), json={})

        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), (scopes, mode)
        assert answer.json()["error"]["message"].startswith("This API key lacks the scope 'admin'.")


def test_the_walk_sees_routes():
    assert ("GET", "/audit-log") in ROUTES
