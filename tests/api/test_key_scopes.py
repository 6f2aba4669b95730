"""Which scope each path needs, as docs/keys.md says it: the table there is the table here."""

from __future__ import annotations

from pathlib import Path

import pytest
from customers import ROOT

from seedbed.api.admin.paths import ROOT as ADMIN_ROOT
from seedbed.api.admin.routes import admin_app
from seedbed.api.ark.paths import ROOT as ARK_ROOT
from seedbed.api.ark.routes import ark_app
from seedbed.api.native.routes import native_app
from seedbed.api.openai.paths import ROOT as OPENAI_ROOT
from seedbed.api.openai.routes import openai_app
from seedbed.core.keys import Scope

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip(" `") for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")
]
TABLE = {(row[0], row[1]): row[2] for row in ROWS if row[0] in {"GET", "POST", "DELETE", "PUT", "PATCH"}}
KEYED = [(*endpoint, scope) for endpoint, scope in TABLE.items() if scope in set(Scope)]
ALLOWED = {
    Scope.READ: {"read"},
    Scope.GENERATE: {"read", "generate"},
    Scope.ADMIN: {"admin"},
}


IDS = {"{job_id}": "req_", "{delivery_id}": "msg_", "{task_id}": "cgt-", "{video_id}": "video_"}


def filled(path: str) -> str:
    for name, prefix in IDS.items():
        path = path.replace(name, prefix + "0" * 32)
    return path if path.startswith((f"{ARK_ROOT}/", f"{OPENAI_ROOT}/", f"{ADMIN_ROOT}/")) else ROOT + path


def test_every_path_and_method_stands_in_the_document():
    # Nothing is served here.
    apps = {
        "": native_app(None),
        ARK_ROOT: ark_app(None),
        OPENAI_ROOT: openai_app(None),
        ADMIN_ROOT: admin_app(None),
    }
    served = {
        (method, root + route.path)
        for root, app in apps.items()
        for route in app.routes
        for method in route.methods - {"HEAD"}
    }

    assert set(TABLE) == served


@pytest.mark.parametrize(("method", "path", "needed"), KEYED)
async def test_a_key_without_the_scope_is_forbidden_and_told_which(enrol, http, method, path, needed):
    for scope, allowed in ALLOWED.items():
        key = await enrol(scopes=[scope])

        answer = await http.request(method, filled(path), headers=key.bearer, params={"wait": 0})

        assert (answer.status_code == 403) == (needed not in allowed), (scope, answer.text)
        if answer.status_code == 403:
            assert answer.json()["error"]["message"].startswith(f"This API key lacks the scope '{needed}'.")


@pytest.mark.parametrize(("method", "path", "_needed"), KEYED)
async def test_a_path_that_needs_a_scope_needs_a_key(http, method, path, _needed):
    assert (await http.request(method, filled(path))).status_code == 401


async def test_scopes_add_up(enrol, http):
    both = await enrol(scopes=[Scope.READ, Scope.ADMIN])

    assert (await both.get(f"{ROOT}/credits")).status_code == 200
    assert (await both.post(f"{ROOT}/uploads")).status_code == 403
