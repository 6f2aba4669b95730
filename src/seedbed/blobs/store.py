"""Keeps results and uploads: a folder on this machine, or a bucket named by a URL, behind one small set of verbs.

What is written is never changed: a key is created once (`jobs/<id>/<attempt>/...` belongs to one attempt of one worker)
and deleted as a whole, so a reader needs no lock and an ETag stays true for ever. Only previews are written again.
What a create that was asked for twice has done is told by the bytes: the same ones are no fault.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore

from seedbed.blobs import unfinished
from seedbed.blobs.bucket import open_bucket, signs
from seedbed.blobs.folder import folder_of, is_behind_a_link, sync_file, unfinished_in
from seedbed.blobs.reading import CHUNK_BYTES, read_range
from seedbed.blobs.refusals import explain
from seedbed.core.errors import Misuse, NotFound, NotReady, Unavailable

if TYPE_CHECKING:
    from obstore import Attributes

log = structlog.get_logger()

PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes as a part of an upload
# A small file is created in one conditional request; a larger one is streamed in parts, which no store can make
# conditional, after a look that the key is free.
WHOLE_BYTES = 4 * 1024 * 1024
WAIT_S = 60.0  # for one request, or for one chunk of a stream
LOOK_S = 15.0  # for a request without bytes: somebody waits for the answer
UPLOAD_S = 600.0
PROBES = "probe"
_TYPES = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg"}
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
MAX_KEY_CHARACTERS = 512


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What is known of stored bytes. `etag` is strong and quoted, ready for a header."""

    size_bytes: int
    etag: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class BlobEntry:
    key: str
    size_bytes: int
    modified_at: datetime


def open_blobs(
    url: str | None, folder: Path, *, public_endpoint: str | None = None, ca_bundle: Path | None = None
) -> Blobs:
    """Open the bucket of the URL (`file:///...`, `s3://...`, `gs://...`, `az://...`), or else the folder, made 0700.

    Credentials of a bucket come from its usual environment variables. `public_endpoint` is what presigned URLs name.
    Raises NotReady if it cannot be opened; whether it is there and takes bytes is for `probe` to find out.
    """
    if url is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Blobs(LocalStore(folder, automatic_cleanup=True))
    if url.startswith("file:"):
        try:
            return Blobs(LocalStore.from_url(url, automatic_cleanup=True, mkdir=True))
        except (BaseError, ValueError, OSError) as exc:
            raise NotReady("SEEDBED_BLOBS_URL cannot be opened; a folder's URL is like file:///folder.") from exc
    bucket = open_bucket(url, ca_bundle=ca_bundle)
    shown = open_bucket(url, endpoint=public_endpoint, ca_bundle=ca_bundle) if public_endpoint else bucket
    return Blobs(bucket, shown=shown)


class Blobs:
    """Bytes by key. Every method raises Unavailable if the store does not answer; a wrong key is a ValueError."""

    def __init__(self, store: ObjectStore, *, shown: ObjectStore | None = None) -> None:
        """`shown` is the same bucket under the endpoint that others reach it by."""
        self._store = store
        self._shown = shown or store
        self._folder = folder_of(store)

    async def put_file(self, key: str, path: Path, *, name: str | None = None) -> None:
        """Store a file under a new key, in parts if it is large. Raises Misuse if the key is taken by other bytes.

        `name` is what a browser that gets it from a bucket calls it.
        """
        small = await asyncio.to_thread(_read_small, path)
        if small is not None:
            await self.put_bytes(key, small, name=name)
            return
        if await self._exists(key):
            if await self._holds(key, path):
                return
            raise _taken(key)
        # One part at a time: this process takes uploads of many at once, and each part is in its memory.
        part_bytes = PART_BYTES if self._folder is None else CHUNK_BYTES
        with _translated(key):
            async with asyncio.timeout(UPLOAD_S):
                await obstore.put_async(
                    self._store,
                    _checked(key),
                    path,
                    chunk_size=part_bytes,
                    max_concurrency=1,
                    attributes=self._attributes(key, name),
                )
        await self._sync(key)

    async def put_bytes(self, key: str, data: bytes, *, name: str | None = None) -> None:
        """Store bytes under a new key. Raises Misuse if the key is taken by other bytes."""
        with _translated(key):
            try:
                async with asyncio.timeout(WAIT_S):
                    await obstore.put_async(
                        self._store, _checked(key), data, mode="create", attributes=self._attributes(key, name)
                    )
            except AlreadyExistsError:
                # A request whose answer was lost is sent again, and may meet its own bytes.
                if (await self.head(key)).size_bytes != len(data) or await self.read(key) != data:
                    raise
        await self._sync(key)

    async def put_changing(self, key: str, data: bytes) -> None:
        """Store bytes under a key that is not promised to stay the same, in the place of those that were there."""
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                await obstore.put_async(self._store, _checked(key), data, mode="overwrite")

    async def head(self, key: str) -> BlobInfo:
        """Raises NotFound, also for a link in a local folder: what it leads to was never stored here."""
        with _translated(key, looks_for_it=True):
            if self._folder is not None and await asyncio.to_thread(is_behind_a_link, self._folder, _checked(key)):
                raise FileNotFoundError(key)
            async with asyncio.timeout(LOOK_S):
                meta = await obstore.head_async(self._store, _checked(key))
        etag = (meta["e_tag"] or f"{meta['size']:x}-{meta['last_modified'].timestamp():.0f}").strip('"')
        return BlobInfo(meta["size"], f'"{etag}"', meta["last_modified"])

    async def read(self, key: str) -> bytes:
        """Return all bytes, for what is known to be small. Raises NotFound."""
        with _translated(key, looks_for_it=True):
            async with asyncio.timeout(WAIT_S):
                result = await obstore.get_async(self._store, _checked(key))
                return bytes(await result.bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes start..end (end not included), in chunks of about 256 KiB. Raises NotFound.

        0 <= start < end <= size: the caller has looked (`head`).
        """
        with _translated(key, looks_for_it=True):
            async for chunk in read_range(self._store, _checked(key), start, end):
                yield chunk

    async def copy_to(self, key: str, path: Path) -> None:
        """Write all bytes to a local file. Raises NotFound."""
        size_bytes = (await self.head(key)).size_bytes
        with path.open("wb") as file:
            if size_bytes:
                async for chunk in self.get_range(key, 0, size_bytes):
                    file.write(chunk)

    async def delete_prefix(self, prefix: str) -> int:
        """Delete everything under `prefix/`, and return how many there were. Idempotent."""
        deleted = 0
        with _translated(prefix):
            async with asyncio.timeout(UPLOAD_S):
                async for found in obstore.list(self._store, prefix=_checked(prefix), chunk_size=100):
                    paths = [meta["path"] for meta in found]
                    await self._delete(paths)
                    deleted += len(paths)
        return deleted

    async def entries(self, prefix: str) -> AsyncIterator[BlobEntry]:
        """Yield everything under `prefix/`, in no order."""
        with _translated(prefix):
            async for found in obstore.list(self._store, prefix=_checked(prefix), chunk_size=100):
                for meta in found:
                    yield BlobEntry(meta["path"], meta["size"], meta["last_modified"])

    async def unfinished(self) -> list[BlobEntry]:
        """Return what processes that died left half written, and what is being written now: look at the age."""
        folder = self._folder
        with _translated("unfinished"):
            return [] if folder is None else await asyncio.to_thread(_listed, folder)

    async def delete_unfinished(self, key: str) -> None:
        """Delete one of `unfinished`. Idempotent."""
        if self._folder is not None:
            with _translated(key):
                await asyncio.to_thread(unfinished.remove, self._folder, self._folder / key)

    async def delete(self, key: str) -> None:
        """Delete one key. Idempotent."""
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                await self._delete([_checked(key)])

    @property
    def can_presign(self) -> bool:
        """Whether others can be sent to the bytes themselves."""
        return signs(self._shown)

    async def presigned(self, key: str, method: Literal["GET", "HEAD"], *, lifetime: timedelta) -> str:
        """Return a URL that opens these bytes to anybody until the lifetime is over. Asks nobody if they are there.

        Raises Unavailable if the credentials cannot sign, Misuse for what cannot presign.
        """
        if not signs(self._shown):
            raise Misuse("This store has no URLs to hand out.")
        with _translated(key):
            async with asyncio.timeout(LOOK_S):
                return await obstore.sign_async(self._shown, method, _checked(key), expires_in=lifetime)

    async def check(self) -> None:
        """Write, read and delete a few bytes. Raises Unavailable if any of these fails."""
        key = f"{PROBES}/{secrets.token_hex(8)}"
        await self.put_bytes(key, b"seedbed")
        try:
            await self.read(key)
        finally:
            await self.delete(key)

    async def _delete(self, keys: list[str]) -> None:
        try:
            await obstore.delete_async(self._store, keys)
        except FileNotFoundError:
            # Somebody deleted some of them at the same moment; one by one, the others go as well.
            for key in keys if len(keys) > 1 else ():
                await self._delete([key])

    def _attributes(self, key: str, name: str | None) -> Attributes | None:
        """Return what a bucket says of the bytes to those who get them from it."""
        media_type = _TYPES.get(Path(key).suffix)
        if self._folder is not None or media_type is None:
            return None
        shown: Attributes = {"Content-Type": media_type, "Cache-Control": "private, max-age=3600, immutable"}
        return shown | {"Content-Disposition": f'inline; filename="{name}"'} if name else shown

    async def _holds(self, key: str, path: Path) -> bool:
        """Whether the key's bytes are the file's."""
        size_bytes = (await self.head(key)).size_bytes
        with path.open("rb") as file:
            if size_bytes != os.fstat(file.fileno()).st_size:
                return False
            async for chunk in self.get_range(key, 0, size_bytes):
                if file.read(len(chunk)) != chunk:
                    return False
        return True

    async def _exists(self, key: str) -> bool:
        try:
            await self.head(key)
        except NotFound:
            return False
        return True

    async def _sync(self, key: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(sync_file, self._folder / key)


def _checked(key: str) -> str:
    """Return the key. A part never begins with a dot, so no key can climb out of the store's folder."""
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise ValueError(f"A key is made of letters, digits, '.', '_', '-' and '/'; got {key[:80]!r}.")
    return key


def _taken(key: str) -> Misuse:
    return Misuse(f"There are bytes under {key} already; what is stored is never changed.")


@contextmanager
def _translated(key: str, *, looks_for_it: bool = False) -> Iterator[None]:
    """Translate what the library raises. Only for what is looked for does "not found" mean the key; else the bucket."""
    try:
        yield
    except AlreadyExistsError as exc:
        raise _taken(key) from exc
    except (BaseError, OSError) as exc:  # TimeoutError is an OSError
        if looks_for_it and isinstance(exc, FileNotFoundError):
            raise NotFound(f"There are no bytes under {key}.") from exc
        log.warning("blobs.failed", reason=explain(exc))
        raise Unavailable("The store of results and uploads does not answer.") from exc


def _listed(folder: Path) -> list[BlobEntry]:
    return [
        BlobEntry(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))
        for key, facts in unfinished_in(folder)
    ]


def _read_small(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= WHOLE_BYTES else None
