"""Do something once for each Idempotency-Key: its effect and its stored answer are one commit, a replay does nothing.

For every POST but a submit, which does the same for itself because a job and money belong to its commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from seedbed.store import idempotency
from seedbed.store.database import Connection
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer


@dataclass(frozen=True, slots=True)
class Answered:
    """`body` is what to send, byte for byte that of the first answer if `is_replay`."""

    body: bytes
    is_replay: bool


async def answer_once(
    conn: Connection,
    claim: IdempotencyClaim | None,
    account_id: int,
    *,
    is_live: bool,
    act: Callable[[], Awaitable[StoredAnswer]],
    at: datetime | None = None,
) -> Answered:
    """Run `act` in a transaction and store what it returns, or return what was stored before.

    `act` works on the same connection, waits for nothing but the database, and raises whatever must undo all of it: a
    refusal is not stored, so the caller may mend its request and use the key again. Without a claim there is only the
    transaction. An endpoint gets its claim from `api.idempotency.claim_of`, and adds `REPLAYED` to a replay's headers.

    Raises IdempotencyInFlight, IdempotencyMismatch.
    """
    async with conn.transaction():
        if claim is None:
            return Answered((await act()).body, is_replay=False)
        known = await idempotency.replay(conn, claim, account_id, is_live=is_live, at=at)
        if known is not None:
            return Answered(known.body, is_replay=True)
        answer = await act()
        await idempotency.remember(conn, claim, account_id, is_live=is_live, answer=answer, at=at)
        return Answered(answer.body, is_replay=False)
