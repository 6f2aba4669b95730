"""Store what a worker learned about its job before it is finished, for the owner to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedbed.core.sizes import AspectRatio
from seedbed.store import leases
from seedbed.store.database import Connection


async def note(
    conn: Connection,
    job_id: str,
    attempt: int,
    *,
    aspect_ratio: AspectRatio | None = None,
    engine: str | None = None,
    warnings: Sequence[str] = (),
    shot_plan: dict[str, Any] | None = None,
    has_preview: bool = False,
) -> bool:
    """Add the warnings that are new and set the values that are given. False: the attempt has lost the job."""
    async with conn.transaction():
        return await leases.note(
            conn,
            job_id,
            attempt,
            aspect_ratio=aspect_ratio,
            engine=engine,
            warnings=tuple(dict.fromkeys(warnings)),
            shot_plan=shot_plan,
            has_preview=has_preview,
        )
