"""An answer is given once for each key, also when it made no job, and a key in flight is nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from orders import NOON, after

from seedbed.actions.answer_once import answer_once
from seedbed.core.errors import IdempotencyInFlight, IdempotencyMismatch, NotFound
from seedbed.store import idempotency
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer

pytestmark = pytest.mark.server
CLAIM = IdempotencyClaim("POST /api/open/v1/uploads", "k", b"\1" * 32)
OTHER_BODY = IdempotencyClaim(CLAIM.scope, CLAIM.key, b"\2" * 32)


async def account_of(conn) -> int:
    return (await (await conn.execute("insert into account (name) values ('Ada') returning id")).fetchone())["id"]


@pytest.fixture
async def account(conn) -> int:
    return await account_of(conn)


class Act:
    """Answers by how often it was called."""

    def __init__(self, *, fault=None):
        self.calls = 0
        self.fault = fault

    async def __call__(self) -> StoredAnswer:
        self.calls += 1
        if self.fault:
            raise self.fault
        return StoredAnswer(None, f"answer {self.calls}".encode())


async def test_an_act_without_a_job_is_answered_again_and_not_done_again(conn, account):
    act = Act()

    first = await answer_once(conn, CLAIM, account, is_live=True, act=act, at=NOON)
    again = await answer_once(conn, CLAIM, account, is_live=True, act=act, at=after(60))

    assert (first.body, first.is_replay) == (b"answer 1", False)
    assert (again.body, again.is_replay) == (b"answer 1", True)
    assert act.calls == 1


async def test_without_a_key_every_call_acts(conn, account):
    act = Act()

    bodies = [(await answer_once(conn, None, account, is_live=True, act=act)).body for _ in range(2)]

    assert bodies == [b"answer 1", b"answer 2"]


async def test_another_body_under_the_same_key_is_refused_and_does_nothing(conn, account):
    await answer_once(conn, CLAIM, account, is_live=True, act=Act(), at=NOON)
    act = Act()

    with pytest.raises(IdempotencyMismatch):
        await answer_once(conn, OTHER_BODY, account, is_live=True, act=act, at=NOON)

    assert act.calls == 0


async def test_a_refused_act_leaves_its_key_free(conn, account):
    with pytest.raises(NotFound):
        await answer_once(conn, CLAIM, account, is_live=True, act=Act(fault=NotFound("No such delivery.")), at=NOON)

    assert (await answer_once(conn, OTHER_BODY, account, is_live=True, act=Act(), at=NOON)).is_replay is False


async def test_the_same_key_at_the_same_time_acts_once(open_connection):
    conns = [await open_connection() for _ in range(8)]
    account = await account_of(conns[0])
    act = Act()

    async def attempt(conn):
        try:
            return (await answer_once(conn, CLAIM, account, is_live=True, act=act)).body
        except IdempotencyInFlight:
            return None

    bodies = await asyncio.gather(*(attempt(conn) for conn in conns))

    assert act.calls == 1
    assert set(bodies) <= {b"answer 1", None}


async def test_a_key_in_flight_is_refused_until_it_lands(conn, account):
    holder = await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=NOON)

    with pytest.raises(IdempotencyInFlight):
        await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=after(59))

    await idempotency.end_flight(conn, CLAIM, account, is_live=True, holder=holder)
    assert await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=after(59))


async def test_a_dead_process_flight_ends_with_its_lease(conn, account):
    lost = await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=NOON)
    await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=after(60))

    await idempotency.end_flight(conn, CLAIM, account, is_live=True, holder=lost)

    with pytest.raises(IdempotencyInFlight):
        await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=after(61))


async def test_a_sweep_takes_expired_answers_and_forgotten_flights(conn, account):
    await answer_once(conn, CLAIM, account, is_live=True, act=Act(), at=NOON)
    await idempotency.take_flight(conn, CLAIM, account, is_live=True, lease_s=60, at=NOON)

    assert await idempotency.sweep(conn, at=NOON + timedelta(days=7)) == 1

    left = await conn.execute("select from idempotency_flight where account_id = %s", [account])
    assert await left.fetchall() == []
