"""Hears what processes shout to each other (`notices`), on one connection that is opened again whenever it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from seedbed.store.database import connect

RETRY_S = 1.0
# A connection whose other end vanished says nothing at all: so often it is asked whether it is there.
CHECK_S = 20.0


@dataclass(frozen=True, slots=True)
class Notice:
    channel: str
    payload: str


async def listen(
    url: str,
    hear: Callable[[Notice], None],
    *,
    missed: Callable[[], None],
    name: str,
    channels: Sequence[str],
) -> None:
    """Call `hear` for every notice, for ever; end it by cancelling. The channels are constants of whoever hears.

    `missed` is called whenever listening begins, the first time too: what was said before then went unheard.
    """
    while True:
        try:
            await _listen_once(url, hear, missed=missed, name=name, channels=channels)
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError):
            await asyncio.sleep(RETRY_S)


async def _listen_once(
    url: str, hear: Callable[[Notice], None], *, missed: Callable[[], None], name: str, channels: Sequence[str]
) -> None:
    async with await connect(url, name=name) as conn:
        for channel in channels:
            await conn.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        missed()
        while True:
            async for notice in conn.notifies(timeout=CHECK_S):
                hear(Notice(notice.channel, notice.payload))
            async with asyncio.timeout(CHECK_S):
                await conn.execute("select 1")
