"""While the operator takes no new orders: what is refused in every dialect, and what goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from customers import GENERATIONS, ROOT, order

from seedbed.actions.maintain import begin_maintenance, end_maintenance
from seedbed.core.errors import InvalidRequest
from seedbed.core.operators import Operator

BY = Operator("cli")
MESSAGE = "Back at noon."
ARK = "/api/v3/contents/generations/tasks"
OPENAI = "/v1/videos"


@pytest.fixture
async def maintained(pool):
    """Take no orders for the time of the test."""
    async with pool.connection() as conn:
        await begin_maintenance(conn, message=MESSAGE, until=None, by=BY)
    yield
    async with pool.connection() as conn:
        await end_maintenance(conn, by=BY)


@pytest.fixture
async def made(ada) -> str:
    """A job from before."""
    return await ada.new_job()


async def test_new_orders_are_refused_with_the_operators_words(ada, made, maintained):
    answers = [
        await ada.submit(),
        await ada.post(f"{GENERATIONS}/{made}/rerun", json={}),
        await ada.post(f"{ROOT}/uploads", files={"file": ("a.png", b"\x89PNG")}),
        await ada.post(ARK, json={"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "A"}]}),
        await ada.post(OPENAI, json={"prompt": "A"}),
    ]

    assert [answer.status_code for answer in answers] == [503] * 5
    assert all(MESSAGE in answer.text for answer in answers)
    assert answers[0].json()["error"]["code"] == "unavailable"
    assert {answer.headers["Retry-After"] for answer in answers} == {"60"}
    assert await ada.jobs() == 1


async def test_everything_else_goes_on(ada, made, maintained):
    estimate = await ada.post(f"{ROOT}/video/estimate", json=order())
    cancelled = await ada.cancel(made)

    assert (estimate.status_code, cancelled.status_code) == (200, 200)
    assert (await ada.show(made))["status"] == "cancelled"


async def test_it_ends_by_itself(ada, pool):
    until = datetime.now(UTC) + timedelta(hours=1)
    async with pool.connection() as conn:
        await begin_maintenance(conn, message=MESSAGE, until=until, by=BY)
        during = await ada.submit()
        await conn.execute("update maintenance set since = since - interval '2 h', until = until - interval '2 h'")
        after = await ada.submit()
        await end_maintenance(conn, by=BY)

    assert during.status_code == 503
    assert 3590 <= int(during.headers["Retry-After"]) <= 3600
    assert after.status_code == 200


async def test_an_end_that_has_passed_is_refused(pool):
    async with pool.connection() as conn:
        with pytest.raises(InvalidRequest, match="until must be in the future"):
            await begin_maintenance(conn, message=MESSAGE, until=datetime(2020, 1, 1, tzinfo=UTC), by=BY)


async def test_it_is_recorded_once_when_it_begins_and_ends(pool):
    async with pool.connection() as conn:
        await begin_maintenance(conn, message=MESSAGE, until=None, by=BY)
        ended = [await end_maintenance(conn, by=BY), await end_maintenance(conn, by=BY)]
        cursor = await conn.execute("select action from operator_action where subject = 'service' order by number desc")
        actions = [row["action"] for row in await cursor.fetchmany(3)]

    assert ended == [True, False]
    assert actions[:2] == ["maintenance.ended", "maintenance.began"]
