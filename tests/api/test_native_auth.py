"""Keys at the door: every wrong one gets the same answer, and a revoked one ends at once."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from customers import GENERATIONS, ROOT

from seedbed.actions.create_key import create_key
from seedbed.actions.revoke_key import revoke_key
from seedbed.core.keys import Mode, Scope, make_key
from seedbed.store.database import connect_pool

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


def wrong_headers(key: str) -> dict[str, bytes]:
    other = "a" if key[-1] != "a" else "b"
    said = {
        "empty": "", "only the scheme": "Bearer", "no key": "Bearer ", "no scheme": key, "basic": f"Basic {key}",
        "another scheme": f"Token {key}", "one character less": f"Bearer {key[:-1]}",
        "one character more": f"Bearer {key}x", "a wrong check sum": f"Bearer {key[:-1]}{other}",
        "the other mode": f"Bearer {key.replace('live', 'test')}", "upper case": f"Bearer {key.upper()}",
        "two keys": f"Bearer {key} {key}", "two keys by comma": f"Bearer {key},{key}", "a tab": f"Bearer\t{key}",
        "quotes": f"Bearer '{key}'", "unknown": f"Bearer {make_key(Mode.LIVE, secrets.token_bytes(32))}",
        "ten kilobytes": f"Bearer sd2_live_{'a' * 10_000}", "a NUL inside": f"Bearer {key[:20]}\0{key[21:]}",
        "full-width digits": f"Bearer {key[:-1]}\uff11", "other letters": "Bearer sd2_live_" + "\u043a" * 36,
        "no-break space": f"Bearer\u00a0{key}",
    }  # fmt: skip
    return {name: header.encode() for name, header in said.items()} | {"not even UTF-8": b"Bearer \xff\xfe" + bytes(30)}


async def test_every_wrong_key_gets_the_same_answer(ada, http):
    for header in wrong_headers(ada.key).values():
        check_unauthorized(await http.get(CREDITS, headers=[(b"Authorization", header)]))
    check_unauthorized(await http.get(CREDITS, headers=[("Authorization", f"Bearer {ada.key}")] * 2))
    check_unauthorized(await http.get(CREDITS, headers=[("authorization", ""), ("Authorization", f"Bearer {ada.key}")]))
    check_unauthorized(await http.get(f"{CREDITS}?key={ada.key}", headers={"X-Api-Key": ada.key}))


async def test_only_a_key_that_looks_right_is_asked_for_in_the_database(serve, ada):
    broken = serve(pool=None)
    for name, header in wrong_headers(ada.key).items():
        if name != "unknown":
            check_unauthorized(await broken.get(CREDITS, headers=[(b"Authorization", header)]))


@pytest.mark.parametrize("blanks", [" ", "   "])
async def test_blanks_around_a_key_do_not_matter(ada, http, blanks):
    header = f"Bearer{blanks}{ada.key}{blanks}"

    assert (await http.get(CREDITS, headers={"Authorization": header})).status_code == 200


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
            entropy=secrets.token_bytes(32), at=yesterday - timedelta(days=1),
        )  # fmt: skip

    check_unauthorized(await http.get(CREDITS, headers={"Authorization": f"Bearer {old.key}"}))


async def test_a_revoked_key_ends_in_every_process_at_once(serve, api_database, ada):
    async with connect_pool(api_database, min_size=1, max_size=2, name="second") as second_pool:
        doors = [serve(), serve(pool=second_pool)]
        assert [(await door.get(CREDITS, headers=ada.bearer)).status_code for door in doors] == [200, 200]

        await asyncio.to_thread(revoke_elsewhere, api_database, ada.key_id)

        for door in doors:
            check_unauthorized(await door.get(CREDITS, headers=ada.bearer))


def revoke_elsewhere(url: str, key_id: int) -> None:
    """As `seedbed keys revoke` does, in a process of its own."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("update api_key set revoked_at = clock_timestamp() where id = %s", [key_id])


async def test_without_a_database_nobody_is_let_in(serve, ada):
    async with connect_pool("host=/nowhere dbname=none", min_size=0, max_size=1, name="away") as away:
        away.timeout = 0.1
        answer = await serve(pool=away).get(CREDITS, headers=ada.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]


async def test_models_need_no_key_and_no_scope_but_no_wrong_key_either(enrol, http):
    admin = await enrol(scopes=[Scope.ADMIN])

    assert (await http.get(f"{ROOT}/models")).status_code == 200
    assert (await admin.get(f"{ROOT}/models")).status_code == 200
    check_unauthorized(await http.get(f"{ROOT}/models", headers={"Authorization": "Bearer nonsense"}))
