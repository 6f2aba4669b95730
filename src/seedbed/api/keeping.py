"""Takes a stranger's file into the service as an asset: probed in a limited child, stored, then written down.

The row comes last: an asset that can be named has its bytes. Bytes whose row did not come are deleted here, and what a
killed process left of them is swept by a worker.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from seedbed.api.service import Service
from seedbed.core.errors import TooLarge, Unavailable
from seedbed.core.limits import Probe
from seedbed.core.references import Kind
from seedbed.media.sandbox import probe_in_child
from seedbed.store import assets
from seedbed.store.assets import ID_PREFIX, Asset
from seedbed.store.database import moment
from seedbed.store.keys import Principal

log = structlog.get_logger()

PROBE_TIMEOUT_S = 20.0
NAMES = {Kind.IMAGE: "A picture", Kind.VIDEO: "A video", Kind.AUDIO: "A sound"}


async def examine(service: Service, path: Path, *, size_bytes: int) -> Probe:
    """Return what the file is. Raises MediaFault, or TooLarge if it has more bytes than its kind may have."""
    limits = service.settings.media_limits
    # The probe would call too many bytes and too many pixels by one name; here the first of them is a 413.
    lenient = replace(limits, image_bytes=size_bytes, video_bytes=size_bytes, audio_bytes=size_bytes)
    async with service.probes:
        probe = await probe_in_child(path, limits=lenient, timeout_s=PROBE_TIMEOUT_S)
    if size_bytes > limits.bytes_of(probe.kind):
        raise TooLarge(NAMES[probe.kind], limit_bytes=limits.bytes_of(probe.kind))
    return probe


async def put(service: Service, who: Principal, path: Path, probe: Probe, *, sha256: str) -> Asset:
    """Store a probed file's bytes for the account and mode of the key, and return the asset that is to be inserted.

    Whoever does not insert it drops it.
    """
    async with service.connection() as conn:
        now = await moment(conn, None)
    asset_id = ID_PREFIX + secrets.token_hex(16)
    asset = Asset(
        id=asset_id,
        account_id=who.account_id,
        is_live=who.is_live,
        kind=probe.kind,
        blob_key=f"assets/{asset_id}",
        size_bytes=probe.size_bytes,
        sha256=sha256,
        format=probe.format.value,
        expires_at=now + timedelta(seconds=service.settings.asset_lifetime_s),
    )
    await service.blobs.put_file(asset.blob_key, path)
    return asset


async def drop(service: Service, unused: Iterable[Asset]) -> None:
    """Delete assets that no request came to use: the rows, if there are any, and then the bytes. A job's stay."""
    unused = list(unused)
    if not unused:
        return
    try:
        async with service.connection() as conn:
            pinned = await assets.drop(conn, [asset.id for asset in unused])
        for asset in unused:
            if asset.id not in pinned:
                await service.blobs.delete(asset.blob_key)
    except Unavailable:
        log.warning("assets.left", count=len(unused))
