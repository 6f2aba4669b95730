"""Keys at the door: every wrong one gets the same answer, and a revoked one ends at once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from customers import GENERATIONS, ROOT

from seedbed.actions.create_key import create_key
from seedbed.actions.revoke_key import revoke_key
from seedbed.core.keys import Mode, Scope, make_key

INVALID = '{"success":false,"error":{"code":"unauthorized","message":"Invalid API key"}}'
CREDITS = f"{ROOT}/credits"
PATHS = [
    ("POST", GENERATIONS),
    ("GET", f"{GENERATIONS}/req_{'0' * 32}"),
    ("POST", f"{GENERATIONS}/req_{'0' * 32}/cancel"),
    ("POST", f"{ROOT}/uploads"),
    ("GET", CREDITS),
]


def check_unauthorized(answer) -> None:
    assert (answer.status_code, answer.text) == (401, INVALID)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_path_of_an_account_needs_a_key(http, method, path):
    check_unauthorized(await http.request(method, path))


def wrong_headers(key: str) -> list[str]:
    other = "a" if key[-1] != "a" else "b"
    return [
        "", "Bearer", "Bearer ", key, f"Basic {key}", f"Token {key}", f"Bearer {key[:-1]}", f"Bearer {key}x",
        f"Bearer {key[:-1]}{other}", f"Bearer {key.replace('live', 'test')}", f"Bearer {key.upper()}",
        f"Bearer {key} {key}", f"Bearer\t{key}", f"Bearer '{key}'",
        f"Bearer {make_key(Mode.LIVE, secrets.token_bytes(32))}",
    ]  # fmt: skip


async def test_every_wrong_key_gets_the_same_answer(ada, http):
    for header in wrong_headers(ada.key):
        check_unauthorized(await http.get(CREDITS, headers={"Authorization": header}))
    check_unauthorized(await http.get(CREDITS, headers=[("Authorization", f"Bearer {ada.key}")] * 2))
    check_unauthorized(await http.get(f"{CREDITS}?key={ada.key}", headers={"X-Api-Key": ada.key}))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_may_be_written_in_any_case(ada, http, scheme):
    assert (await http.get(CREDITS, headers={"Authorization": f"{scheme} {ada.key}"})).status_code == 200


async def test_a_revoked_key_ends_with_its_revocation(ada):
    assert (await ada.get(CREDITS)).status_code == 200

    async with ada.pool.connection() as conn:
        await revoke_key(conn, ada.key_id)

    check_unauthorized(await ada.get(CREDITS))
    check_unauthorized(await ada.get(f"{ROOT}/models"))


async def test_an_expired_key_is_invalid(ada, http):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with ada.pool.connection() as conn:
        old = await create_key(
            conn, ada.account_id, mode=Mode.LIVE, name="old", scopes=[Scope.GENERATE], expires_at=yesterday,
            entropy=secrets.token_bytes(32),
        )  # fmt: skip

    check_unauthorized(await http.get(CREDITS, headers={"Authorization": f"Bearer {old.key}"}))


async def test_a_mistyped_key_is_refused_without_the_database(serve, ada):
    broken = serve(pool=None)

    check_unauthorized(await broken.get(CREDITS, headers={"Authorization": f"Bearer {ada.key[:-1]}-"}))


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_a_key_without_the_scope_is_forbidden_and_told_which(enrol, http, method, path):
    admin = await enrol(scopes=[Scope.ADMIN])

    answer = await http.request(method, path, headers=admin.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert f"'{'read' if method == 'GET' else 'generate'}'" in answer.json()["error"]["message"]


async def test_models_need_no_key_and_no_scope_but_no_wrong_key_either(enrol, http):
    admin = await enrol(scopes=[Scope.ADMIN])

    assert (await http.get(f"{ROOT}/models")).status_code == 200
    assert (await admin.get(f"{ROOT}/models")).status_code == 200
    check_unauthorized(await http.get(f"{ROOT}/models", headers={"Authorization": "Bearer nonsense"}))
