"""Bytes of uploads whose row never came are nobody's, and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from seedbed.core.references import Kind
from seedbed.store import assets, stored
from seedbed.store.assets import Asset
from seedbed.worker.sweeping import sweep_once

pytestmark = pytest.mark.server


async def test_uploads_without_a_row_are_swept_and_the_others_kept(world):
    kept, lost = ("ast_" + letter * 32 for letter in "ab")
    now = datetime.now(UTC)
    async with world.pool.connection() as conn:
        row = await (await conn.execute("insert into account (name) values ('Ada') returning id")).fetchone()
        asset = Asset(
            id=kept, account_id=row["id"], is_live=True, kind=Kind.IMAGE, blob_key=f"assets/{kept}", size_bytes=1,
            sha256="0" * 64, format="png", expires_at=now + timedelta(days=9),
        )  # fmt: skip
        await assets.insert(conn, asset)
    for asset_id in (kept, lost):
        await world.blobs.put_bytes(f"assets/{asset_id}", b"x")

    await sweep_once(world.pool, world.blobs)
    at_once = [entry.key async for entry in world.blobs.entries("assets")]
    await sweep_once(world.pool, world.blobs, at=now + timedelta(days=2))
    later = [entry.key async for entry in world.blobs.entries("assets")]

    assert sorted(at_once) == [f"assets/{kept}", f"assets/{lost}"]
    assert later == [f"assets/{kept}"]


async def test_a_sweep_writes_down_how_much_is_stored(world):
    for name in ("a", "b"):
        await world.blobs.put_bytes(f"assets/ast_{name * 32}", b"four")
    await world.blobs.put_bytes("jobs/req_1/1/result.mp4", b"seventy")

    await sweep_once(world.pool, world.blobs)

    async with world.pool.connection() as conn:
        told = {one.part: (one.files, one.size_bytes) for one in await stored.told(conn)}
    assert told == {"assets": (2, 8), "jobs": (1, 7)}
