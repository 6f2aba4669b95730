"""Brings a job's references to this machine and makes sure that each is what its role needs.

All are fetched at the same time under one deadline, so that a slow host cannot hold an engine; then a limited child
process looks at them. Whatever is wrong ends the job with the name of the reference and the host of its URL. What an
earlier attempt or the job's model for a rerun has kept of a URL is taken instead of it, while it is there.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import structlog

from seedbed.blobs.store import Blobs
from seedbed.core.engine import LocalReference
from seedbed.core.errors import JobFailure, NotFound, Unavailable
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.job import Job
from seedbed.core.limits import MediaLimits, Probe, check_kind, check_probe, check_totals
from seedbed.core.openings import Opened
from seedbed.core.references import Kind, Reference, Role
from seedbed.core.samples import sample_for
from seedbed.core.sizes import Size
from seedbed.core.urls import ASSET_SCHEME, host_of
from seedbed.media.sandbox import probe_many
from seedbed.outbound.fetch import fetch
from seedbed.outbound.guard import STRAIGHT, Way
from seedbed.store import assets, kept_references
from seedbed.store.assets import Asset
from seedbed.store.database import Pool
from seedbed.worker.patience import patiently

log = structlog.get_logger()

NO_UPLOAD = "the upload is no longer there; upload the file again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where references may come from, and within which bounds. What URLs held is kept `kept_for_s` seconds; 0: not."""

    pool: Pool
    blobs: Blobs
    limits: MediaLimits
    deadline_s: float
    opened: Sequence[Opened] = ()
    way: Way = STRAIGHT
    has_samples: bool = False
    kept_for_s: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL of the request held. `position` is its place among the references, from 0."""

    position: int
    path: Path
    probe: Probe


@dataclass(frozen=True, slots=True)
class Gathered:
    """The references as local files. `sizing` is the upright size of the one that the clip's shape follows, if any.

    `fetched` are those that came by a URL, so neither uploads nor samples.
    """

    references: tuple[LocalReference, ...]
    sizing: Size | None
    fetched: tuple[Fetched, ...] = ()


async def gather(job: Job, into: Path, sources: Sources) -> Gathered:
    """Fetch and check the references of a job. The folder is the caller's. Raises MediaFailure."""
    given = job.request.references
    if not given:
        return Gathered((), None)
    paths = await _fetch_all(job, into, sources)
    answers = await probe_many(paths, limits=sources.limits)
    probes = [_checked(*pair, sources.limits) for pair in zip(given, answers, strict=True)]
    check_totals({reference.name: probe for reference, probe in zip(given, probes, strict=True)}, sources.limits)
    local = (_local(*each, sources) for each in zip(paths, probes, given, strict=True))
    fetched = tuple(
        Fetched(position, paths[position], probes[position])
        for position, reference in enumerate(given)
        if _is_fetched(reference, sources)
    )
    return Gathered(tuple(local), _sizing(given, probes, fits_videos=job.request.fits_videos), fetched)


def _local(path: Path, probe: Probe, reference: Reference, sources: Sources) -> LocalReference:
    url = reference.url if _is_fetched(reference, sources) else None
    return LocalReference(path, probe.kind, reference.role, reference.name, probe.format.media_type, url)


def _sizing(given: Sequence[Reference], probes: Sequence[Probe], *, fits_videos: bool) -> Size | None:
    """Return the size of the first frame, else of the first picture; of a video before both where it counts."""
    seen = list(zip(given, probes, strict=True))
    found = [probe for _, probe in seen if fits_videos and probe.kind is Kind.VIDEO]
    found += [probe for reference, probe in seen if reference.role is Role.FIRST_FRAME]
    found += [probe for _, probe in seen if probe.kind is Kind.IMAGE]
    return found[0].size if found else None


async def _fetch_all(job: Job, into: Path, sources: Sources) -> list[Path]:
    paths = [into / f"reference-{position}" for position in range(len(job.request.references))]
    kept = await _kept(job, sources)
    try:
        async with asyncio.TaskGroup() as group:
            for position, reference in enumerate(job.request.references):
                group.create_task(_fetch_one(job, reference, paths[position], sources, kept.get(position)))
    except ExceptionGroup as faults:
        # The first fault cancels the other downloads; what else went wrong at the same moment does not matter.
        failed = faults.subgroup(JobFailure)
        raise (failed or faults).exceptions[0] from None
    return paths


async def _kept(job: Job, sources: Sources) -> dict[int, Asset]:
    if not any(_is_fetched(reference, sources) for reference in job.request.references):
        return {}
    return await patiently(sources.pool, lambda conn: kept_references.of_job(conn, job.id))


async def _fetch_one(job: Job, reference: Reference, into: Path, sources: Sources, kept: Asset | None) -> None:
    try:
        async with asyncio.timeout(sources.deadline_s):
            if kept is None or not await _bring_kept(kept, into, sources):
                await _bring(job, reference, into, sources)
    except MediaFault as fault:
        raise fault.at(reference.name, host=_host(reference)) from fault
    except TimeoutError as exc:
        late = MediaFault(Fault.UNREACHABLE, f"it was not there within {sources.deadline_s:g} s")
        raise late.at(reference.name, host=_host(reference)) from exc


async def _bring(job: Job, reference: Reference, into: Path, sources: Sources) -> None:
    photo = _sample(reference, sources)
    if photo:
        await asyncio.to_thread(_copy_sample, photo, into)
    elif reference.url.startswith(ASSET_SCHEME):
        await _bring_asset(job, reference, into, sources)
    else:
        await fetch(
            reference.url,
            into,
            limit_bytes=sources.limits.bytes_of(reference.role.kind),
            deadline_s=sources.deadline_s,
            opened=sources.opened,
            way=sources.way,
        )


async def _bring_kept(kept: Asset, into: Path, sources: Sources) -> bool:
    """False: its bytes are not to be had, so that the URL is asked."""
    try:
        await sources.blobs.copy_to(kept.blob_key, into)
    except (NotFound, Unavailable) as exc:
        log.warning("references.kept_lost", asset_id=kept.id, reason=type(exc).__name__)
        return False
    return True


async def _bring_asset(job: Job, reference: Reference, into: Path, sources: Sources) -> None:
    asset_id = reference.url.removeprefix(ASSET_SCHEME)
    asset = await patiently(sources.pool, lambda conn: assets.get(conn, job.account_id, asset_id, is_live=job.is_live))
    if asset is None:
        raise MediaFault(Fault.UNREACHABLE, NO_UPLOAD)
    try:
        await sources.blobs.copy_to(asset.blob_key, into)
    except NotFound as exc:
        raise MediaFault(Fault.UNREACHABLE, NO_UPLOAD) from exc


def _sample(reference: Reference, sources: Sources) -> str | None:
    return sample_for(reference.url) if sources.has_samples and reference.role.kind is Kind.IMAGE else None


def _is_fetched(reference: Reference, sources: Sources) -> bool:
    return not reference.url.startswith(ASSET_SCHEME) and _sample(reference, sources) is None


def _copy_sample(photo: str, into: Path) -> None:
    with resources.as_file(resources.files("seedbed") / "samples" / photo) as path:
        shutil.copyfile(path, into)


def _checked(reference: Reference, answer: Probe | MediaFault, limits: MediaLimits) -> Probe:
    try:
        if isinstance(answer, MediaFault):
            raise answer
        check_kind(answer, reference.role.kind)
        check_probe(answer, limits)
    except MediaFault as fault:
        raise fault.at(reference.name, host=_host(reference)) from fault
    return answer


def _host(reference: Reference) -> str | None:
    return None if reference.url.startswith(ASSET_SCHEME) else host_of(reference.url)
