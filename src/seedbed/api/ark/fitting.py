"""Settles a duration of -1 before anything is priced: that of the reference video, or the default without one.

The video is looked at here for its length alone; the worker fetches and checks it again as it does every reference.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from seedbed.api.idempotency import known_answer
from seedbed.api.keeping import examine
from seedbed.api.ordering import judged
from seedbed.api.service import Service
from seedbed.core.ark_duration import FITTING_DURATION, fitting_duration_s
from seedbed.core.ark_offer import DIALECT
from seedbed.core.errors import InvalidRequest, NotFound, TooLarge
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import check_kind, check_probe
from seedbed.core.models import Model, describe_durations
from seedbed.core.references import Kind, Reference, Role
from seedbed.core.request import Draft
from seedbed.core.urls import ASSET_SCHEME
from seedbed.outbound.fetch import fetch
from seedbed.outbound.ways import way_by
from seedbed.store import assets
from seedbed.store.idempotency import IdempotencyClaim
from seedbed.store.keys import Principal

NO_UPLOAD = "the upload is no longer there; upload the file again"
DEADLINE_S = 10.0  # for the download and the look into it together


async def fitted(service: Service, who: Principal, draft: Draft, claim: IdempotencyClaim | None) -> Draft:
    """Return the draft with a duration in seconds. Raises InvalidRequest if the video's length cannot be found out.

    Everything else about the request is judged first, so that nothing is fetched for one that would be refused; and a
    request that was answered before is not looked into again.
    """
    if draft.duration_s != FITTING_DURATION:
        return draft
    offer = service.offer(DIALECT)
    usual = replace(draft, duration_s=None)
    accepted = (await judged(service, who, offer, usual)).request
    video = next((each for each in accepted.references if each.role is Role.REFERENCE_VIDEO), None)
    if video is None or await known_answer(service, who, claim):
        return usual
    model = offer.model(draft.model)
    try:
        async with asyncio.timeout(DEADLINE_S), service.intake.arriving(who.account_id):
            length_s = await _length_s(service, who, video)
    except TimeoutError as exc:
        raise _no_length(video, model, f"it could not be read within {DEADLINE_S:g} s") from exc
    except TooLarge as exc:
        raise _no_length(video, model, str(exc).removesuffix(".")) from exc
    except MediaFault as fault:
        raise _no_length(video, model, fault.reason) from fault
    return replace(draft, duration_s=fitting_duration_s(length_s, model))


async def _length_s(service: Service, who: Principal, video: Reference) -> Fraction:
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-length-")
    try:
        path = Path(folder.name) / "video"
        await _bring(service, who, video.url, path)
        probe = await examine(service, path, size_bytes=path.stat().st_size)
        check_kind(probe, Kind.VIDEO)
        check_probe(probe, service.settings.media_limits)
        return probe.duration_s or Fraction(0)
    finally:
        await asyncio.to_thread(folder.cleanup)


async def _bring(service: Service, who: Principal, url: str, into: Path) -> None:
    settings = service.settings
    if url.startswith(ASSET_SCHEME):
        await _bring_asset(service, who, url, into)
        return
    await fetch(
        url,
        into,
        limit_bytes=settings.media_limits.video_bytes,
        deadline_s=DEADLINE_S,
        opened=settings.open_networks,
        way=way_by(settings.outbound_proxy, settings.ca_bundle, settings.host_connections),
    )


async def _bring_asset(service: Service, who: Principal, url: str, into: Path) -> None:
    async with service.connection() as conn:
        asset = await assets.get(conn, who.account_id, url.removeprefix(ASSET_SCHEME), is_live=who.is_live)
    if asset is None:
        raise MediaFault(Fault.UNREACHABLE, NO_UPLOAD)
    try:
        await service.blobs.copy_to(asset.blob_key, into)
    except NotFound as exc:
        raise MediaFault(Fault.UNREACHABLE, NO_UPLOAD) from exc


def _no_length(video: Reference, model: Model, reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"duration -1 asks for the length of {video.name}, which is not known: {reason}. "
        f"Send duration as {describe_durations(model)} seconds.",
        param="duration",
    )
