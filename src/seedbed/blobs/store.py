"""Keeps results and uploads: a folder on this machine, or a bucket named by a URL, behind one small set of verbs.

What is written is never changed: a key is created once (`jobs/<id>/<attempt>/...` belongs to one attempt of one worker)
and deleted as a whole, so a reader needs no lock and an ETag stays true for ever. Only previews are written again.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from seedbed.blobs import unfinished
from seedbed.core.errors import Misuse, NotFound, NotReady, Unavailable

CHUNK_BYTES = 256 * 1024
PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes as a part of an upload
# A small file is created in one conditional request; a larger one is streamed in parts, which no store can make
# conditional, after a look that the key is free.
WHOLE_BYTES = 4 * 1024 * 1024
WAIT_S = 60.0  # for one request, or for one chunk of a stream
UPLOAD_S = 600.0
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


def open_blobs(url: str | None, folder: Path) -> Blobs:
    """Open the bucket of the URL (`file:///...`, `s3://...`, `gs://...`, `az://...`), or else the folder, made 0700.

    Credentials of a bucket come from its usual environment variables. Raises NotReady if it cannot be opened.
    """
    if url is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Blobs(LocalStore(folder, automatic_cleanup=True))
    try:
        if url.startswith("file:"):
            return Blobs(LocalStore.from_url(url, automatic_cleanup=True, mkdir=True))
        options = {"timeout": timedelta(seconds=WAIT_S), "connect_timeout": timedelta(seconds=10)}
        return Blobs(from_url(url, client_options=options))  # type: ignore[call-overload]  # one option type a store
    except (BaseError, ValueError, OSError) as exc:
        # The URL may hold credentials, and so may what the library says of it.
        raise NotReady("SEEDBED_BLOBS_URL cannot be opened; give a URL like file:///folder or s3://bucket.") from exc


class Blobs:
    """Bytes by key. Every method raises Unavailable if the store does not answer; a wrong key is a ValueError."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put_file(self, key: str, path: Path) -> None:
        """Store a file under a new key, in parts if it is large. Raises Misuse if the key is taken."""
        small = await asyncio.to_thread(_read_small, path)
        if small is not None:
            await self.put_bytes(key, small)
            return
        if await self._exists(key):
            raise _taken(key)
        # One part at a time: this process takes uploads of many at once, and each part is in its memory.
        part_bytes = PART_BYTES if self._folder is None else CHUNK_BYTES
        with _translated(key):
            async with asyncio.timeout(UPLOAD_S):
                await obstore.put_async(self._store, _checked(key), path, chunk_size=part_bytes, max_concurrency=1)
        await self._sync(key)

    async def put_bytes(self, key: str, data: bytes) -> None:
        """Store bytes under a new key. Raises Misuse if the key is taken."""
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                await obstore.put_async(self._store, _checked(key), data, mode="create")
        await self._sync(key)

    async def put_changing(self, key: str, data: bytes) -> None:
        """Store bytes under a key that is not promised to stay the same, in the place of those that were there."""
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                await obstore.put_async(self._store, _checked(key), data, mode="overwrite")

    async def head(self, key: str) -> BlobInfo:
        """Raises NotFound, also for a link in a local folder: what it leads to was never stored here."""
        with _translated(key):
            if await asyncio.to_thread(self._is_behind_a_link, _checked(key)):
                raise FileNotFoundError(key)
            async with asyncio.timeout(WAIT_S):
                meta = await obstore.head_async(self._store, _checked(key))
        etag = (meta["e_tag"] or f"{meta['size']:x}-{meta['last_modified'].timestamp():.0f}").strip('"')
        return BlobInfo(meta["size"], f'"{etag}"', meta["last_modified"])

    async def read(self, key: str) -> bytes:
        """Return all bytes, for what is known to be small. Raises NotFound."""
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                result = await obstore.get_async(self._store, _checked(key))
                return bytes(await result.bytes_async())

    async def get_range(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes start..end (end not included), in chunks of about 256 KiB. Raises NotFound.

        0 <= start < end <= size: the caller has looked (`head`).
        """
        with _translated(key):
            async with asyncio.timeout(WAIT_S):
                result = await obstore.get_async(self._store, _checked(key), options={"range": (start, end)})
            stream = aiter(result.stream(min_chunk_size=CHUNK_BYTES))
            while True:
                async with asyncio.timeout(WAIT_S):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                data = memoryview(chunk)
                for offset in range(0, len(data), CHUNK_BYTES):
                    yield bytes(data[offset : offset + CHUNK_BYTES])

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
            return [] if folder is None else await asyncio.to_thread(_unfinished_in, folder)

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

    async def check(self) -> None:
        """Write, read and delete a few bytes. Raises Unavailable if any of these fails."""
        key = f"checks/{secrets.token_hex(8)}"
        await self.put_bytes(key, b"seedbed")
        try:
            await self.read(key)
        finally:
            await self.delete(key)

    @property
    def _folder(self) -> Path | None:
        """Where the store is a folder on this machine: which."""
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            return Path(self._store.prefix)
        return None

    async def _delete(self, keys: list[str]) -> None:
        try:
            await obstore.delete_async(self._store, keys)
        except FileNotFoundError:
            # Somebody deleted some of them at the same moment; one by one, the others go as well.
            for key in keys if len(keys) > 1 else ():
                await self._delete([key])

    def _is_behind_a_link(self, key: str) -> bool:
        if not isinstance(self._store, LocalStore) or self._store.prefix is None:
            return False
        folder = Path(os.path.realpath(self._store.prefix))
        return Path(os.path.realpath(folder / key)) != folder / key

    async def _exists(self, key: str) -> bool:
        try:
            await self.head(key)
        except NotFound:
            return False
        return True

    async def _sync(self, key: str) -> None:
        """Put a local file's bytes on the disk: a commit that names them must not outlive them in a power cut."""
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            await asyncio.to_thread(_sync_file, Path(self._store.prefix) / key)


def _checked(key: str) -> str:
    """Return the key. A part never begins with a dot, so no key can climb out of the store's folder."""
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise ValueError(f"A key is made of letters, digits, '.', '_', '-' and '/'; got {key[:80]!r}.")
    return key


def _taken(key: str) -> Misuse:
    return Misuse(f"There are bytes under {key} already; what is stored is never changed.")


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound(f"There are no bytes under {key}.") from exc
    except AlreadyExistsError as exc:
        raise _taken(key) from exc
    except (BaseError, OSError) as exc:  # TimeoutError is an OSError
        raise Unavailable("The store of results and uploads does not answer.") from exc


def _unfinished_in(folder: Path) -> list[BlobEntry]:
    found = []
    for path in unfinished.find(folder):
        with suppress(FileNotFoundError):  # it has been finished meanwhile
            facts = path.stat()
            modified_at = datetime.fromtimestamp(facts.st_mtime, UTC)
            found.append(BlobEntry(str(path.relative_to(folder)), facts.st_size, modified_at))
    return found


def _read_small(path: Path) -> bytes | None:
    return path.read_bytes() if path.stat().st_size <= WHOLE_BYTES else None


def _sync_file(path: Path) -> None:
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
