"""Carries out a batch: prices every row, uploads every file once, then orders, awaits and saves some rows at a time.

Nothing is ordered before all of it was checked. An order goes out only after the manifest says so, and word for word
again if its answer was lost: its idempotency key makes one job and one charge of it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.cli.batch_manifest import Manifest, Row, RowState, Upload
from seedbed.cli.batch_table import Shot, fingerprint
from seedbed.cli.exit_codes import ExitCode, exit_code_of
from seedbed_client import (
    ApiError,
    AsyncSeedbed,
    Estimate,
    GenerationCancelled,
    GenerationFailed,
    InvalidRequest,
    Reference,
    SeedbedError,
)

PRICED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Priced:
    """What the service says to a row before anything is ordered: a price, or a refusal."""

    row: Row
    estimate: Estimate | None = None
    refusal: ApiError | None = None


def to_order(manifest: Manifest) -> list[Row]:
    """Return the rows that may still cost something."""
    return [row for row in manifest.rows if row.state in (RowState.PLANNED, RowState.ORDERING, RowState.REFUSED)]


def unfinished(manifest: Manifest) -> list[Row]:
    """Return the rows whose video is not in the folder and may still come."""
    return [
        row
        for row in manifest.rows
        if row.state is not RowState.FAILED
        and not (row.state is RowState.SUCCEEDED and (manifest.folder / row.file).is_file())
    ]


async def price(client: AsyncSeedbed, shots: Sequence[Shot], rows: Iterable[Row]) -> list[Priced]:
    """Check and price rows. Raises ConnectionFailed, and ApiError where it concerns more than the row."""
    room, by_row = asyncio.Semaphore(PRICED_AT_ONCE), {shot.row: shot for shot in shots}

    async def one(row: Row) -> Priced:
        shot = by_row[row.row]
        async with room:
            try:
                return Priced(row, await client.videos.estimate(**shot.wanted, media=shot.references))
            except InvalidRequest as refusal:
                return Priced(row, refusal=refusal)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(row)) for row in rows]
    return [task.result() for task in tasks]


@dataclass(slots=True)
class Run:
    """One run over a manifest. `tell` hears of every row that came to an end of some kind."""

    client: AsyncSeedbed
    manifest: Manifest
    shots: Sequence[Shot]
    concurrency: int
    timeout_s: float
    tell: Callable[[Row], None]
    worst: ExitCode = ExitCode.OK

    async def go(self) -> ExitCode:
        """Return the worst that happened to a row. Raises ApiError, ConnectionFailed if an upload fails."""
        by_row = {shot.row: shot for shot in self.shots}
        await self._upload([by_row[row.row] for row in to_order(self.manifest)])
        room = asyncio.Semaphore(self.concurrency)

        async def one(row: Row) -> None:
            async with room:
                await self._finish(row, by_row[row.row])

        async with asyncio.TaskGroup() as group:
            for row in unfinished(self.manifest):
                group.create_task(one(row))
        return self.worst

    async def _finish(self, row: Row, shot: Shot) -> None:
        row.error = None
        try:
            if row.request_id is None:
                await self._order(row, shot)
            await self._fetch(row)
        except (GenerationFailed, GenerationCancelled) as end:
            self._fell(row, end, RowState.FAILED)
        except ApiError as refusal:
            self._fell(row, refusal, RowState.REFUSED if row.request_id is None else row.state)
        except (SeedbedError, OSError) as fault:
            self._fell(row, fault, row.state)  # it may still be had: the next run goes on
        self.manifest.save()
        self.tell(row)

    def _fell(self, row: Row, error: Exception, state: RowState) -> None:
        row.state, row.error = state, str(error)
        self.worst = max(self.worst, exit_code_of(error))

    async def _order(self, row: Row, shot: Shot) -> None:
        media = _named(shot, row.media) if row.state is RowState.ORDERING else self._media(shot)
        try:
            await self._create(row, shot, media)
        except InvalidRequest:
            fresh = self._media(shot)
            if fresh == media:
                raise
            # It was never ordered, for then the service would have known the key; and what it named is gone by now.
            await self._create(row, shot, fresh)

    async def _create(self, row: Row, shot: Shot, media: Sequence[Reference]) -> None:
        row.state, row.media = RowState.ORDERING, tuple(str(reference.source) for reference in media)
        self.manifest.save()
        created = await self.client.videos.create(**shot.wanted, media=media, idempotency_key=row.idempotency_key)
        row.state, row.request_id = RowState.ORDERED, created.request_id
        row.credits_charged = created.charged_credits
        self.manifest.save()

    async def _fetch(self, row: Row) -> None:
        assert row.request_id is not None  # it was ordered
        generation = await self.client.videos.wait(row.request_id, timeout_s=self.timeout_s)
        await self.client.videos.download(generation, self.manifest.folder / row.file)
        row.state = RowState.SUCCEEDED

    async def _upload(self, shots: Iterable[Shot]) -> None:
        """Upload the local files of shots, each once, unless an earlier run did so lately."""
        files = {fingerprint(path): path for shot in shots for path in local_files(shot)}
        for sha256, path in files.items():
            if self.manifest.fresh_upload(sha256):
                continue
            again = f"batch-{self.manifest.sha256[:16]}-{sha256[:32]}"
            upload = await self._sent(path, sha256, again)
            if self.manifest.fresh_upload(sha256) is None:  # the key brought back an upload of yesterday
                upload = await self._sent(path, sha256, str(uuid.uuid4()))
            self.manifest.uploads[sha256] = upload

    async def _sent(self, path: Path, sha256: str, key: str) -> Upload:
        asset = await self.client.assets.upload(path, idempotency_key=key)
        self.manifest.uploads[sha256] = upload = Upload(sha256, asset.url, asset.expires_at)
        self.manifest.save()
        return upload

    def _media(self, shot: Shot) -> list[Reference]:
        return [
            Reference(self.manifest.uploads[fingerprint(reference.source)].url, reference.role)
            if isinstance(reference.source, Path)
            else reference
            for reference in shot.references
        ]


def local_files(shot: Shot) -> list[Path]:
    return [reference.source for reference in shot.references if isinstance(reference.source, Path)]


def _named(shot: Shot, urls: Sequence[str]) -> list[Reference]:
    """Return the references of an order that was sent before, by the URLs that it named."""
    return [Reference(url, reference.role) for url, reference in zip(urls, shot.references, strict=True)]
