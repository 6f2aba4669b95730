"""Workers take turns at what one of them does for all."""

from __future__ import annotations

import pytest
from orders import after

from seedbed.store import turns

pytestmark = pytest.mark.server


async def test_of_all_that_ask_within_the_pause_one_gets_the_turn(conn):
    asked = [await turns.take(conn, "reap", pause_s=1, at=after(second)) for second in (0, 0, 0.9, 1, 1.5, 2.1)]

    assert asked == [True, False, False, True, False, True]


async def test_each_chore_has_turns_of_its_own(conn):
    assert await turns.take(conn, "reap", pause_s=1, at=after(0))
    assert await turns.take(conn, "sweep", pause_s=1, at=after(0))
