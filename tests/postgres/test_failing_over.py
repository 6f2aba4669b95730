"""Connections that are of no use any more are left: to a server that is a standby now, or that was away for a while."""

from __future__ import annotations

import psycopg
import pytest

from seedbed.core.errors import Unavailable
from seedbed.store.database import VANISHED_CLIENT, borrow, connect_pool, connected, many, one

pytestmark = pytest.mark.server
WRITE = "insert into account (name) values ('customer') returning id"
KILL = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = %(name)s and datname = current_database()
"""


async def test_a_connection_to_a_server_that_writes_no_more_is_replaced(database: str) -> None:
    async with connect_pool(database, min_size=1, max_size=1, name="test") as pool:
        async with borrow(pool) as conn:
            stale = (await one(conn, "select pg_backend_pid() as pid", {}))["pid"]
            await conn.execute("set default_transaction_read_only = on")

        with pytest.raises(Unavailable):
            async with borrow(pool) as conn:
                await one(conn, WRITE, {})

        async with borrow(pool) as conn:
            assert (await one(conn, "select pg_backend_pid() as pid", {}))["pid"] != stale
            assert (await one(conn, WRITE, {}))["id"]


async def test_a_pool_has_the_time_outs_and_asks_again_soon_after_an_outage(database: str) -> None:
    async with connect_pool(database, min_size=1, max_size=1, name="test") as pool, borrow(pool) as conn:
        told = await one(
            conn, "select current_setting('statement_timeout') as wait, current_setting('timezone') as zone", {}
        )
        assert conn.prepare_threshold is not None
        assert pool.reconnect_timeout <= pool.timeout

    assert told == {"wait": "15s", "zone": "UTC"}


async def test_a_pool_whose_connections_all_died_lends_a_sound_one_to_the_first_who_asks(database: str) -> None:
    async with (
        connect_pool(database, min_size=7, max_size=7, name="test") as pool,
        connected(database, name="x") as other,
    ):
        await pool.wait()
        await many(other, KILL, {"name": "seedbed test"})

        async with borrow(pool) as conn:
            assert (await one(conn, "select 1 as answer", {}))["answer"] == 1


async def test_the_server_is_told_how_to_notice_that_we_vanished(database: str) -> None:
    async with connect_pool(database, min_size=1, max_size=1, name="test") as pool, borrow(pool) as conn:
        told = await many(conn, "select name, setting from pg_settings where source = 'session'", {})

    assert VANISHED_CLIENT.keys() <= {row["name"] for row in told}


async def test_what_the_url_says_of_a_vanished_server_goes_first(database: str) -> None:
    url = f"{database} keepalives_idle=77"
    async with connect_pool(url, min_size=1, max_size=1, name="test") as pool, pool.connection() as conn:
        told = psycopg.conninfo.conninfo_to_dict(conn.info.dsn)

    assert told["keepalives_idle"] == "77"
    assert told["tcp_user_timeout"] == "10000"
