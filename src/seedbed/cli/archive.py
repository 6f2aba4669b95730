"""The file of a backup: a tar that any tar can list, with a manifest at its end that proves every byte before it.

    login.json               the developer's login, where the embedded service was saved
    tables/<name>.copy.gz    the rows of a table
    bytes/<key>              a result or an upload, under its key in the store
    manifest.json            what there is, with sizes and SHA-256; a file that was cut off has none

Nothing of it is ever unpacked to a path that stands in it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from seedbed.core.backup import Manifest, SavedBytes, SavedTable, check_readable
from seedbed.core.errors import NotReady

CHUNK_BYTES = 1024 * 1024
_LOGIN = "login.json"
_MANIFEST = "manifest.json"


class _Form(msgspec.Struct):
    form: int
    version: str


class Writer:
    """A backup that is being written: private from its first byte on, and under its name only once it is whole."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add_table(self, name: str, path: Path) -> None:
        self._tar.add(path, _table(name), filter=_private)

    def add_bytes(self, key: str, path: Path) -> None:
        self._tar.add(path, _bytes(key), filter=_private)

    def add_login(self, data: bytes) -> None:
        self._add(_LOGIN, data)

    def finish(self, manifest: Manifest) -> None:
        self._add(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))

    def _add(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(_private(member), BytesIO(data))


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """Write a new backup. Raises NotReady if there is a file of that name: none is ever replaced."""
    if file.exists():
        raise NotReady(f"There is a file {file} already; name another one.")
    part = file.with_name(f".{file.name}.partial")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw:
            with tarfile.open(fileobj=raw, mode="w") as tar:
                yield Writer(tar)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


class Reader:
    """A backup that is there. Every method raises NotReady for a file that is damaged."""

    def __init__(self, tar: tarfile.TarFile, file: Path) -> None:
        self._tar = tar
        self._file = file
        with _named(file):
            self._members = {member.name: member for member in tar.getmembers() if member.isreg()}
        text = self._read(_MANIFEST)
        with _named(file):
            said = msgspec.json.decode(text, type=_Form)
        check_readable(said.form, said.version)
        with _named(file):
            self.manifest = msgspec.json.decode(text, type=Manifest)

    def verify(self) -> None:
        """Read everything, and compare it with the manifest."""
        manifest = self.manifest
        for table in manifest.tables:
            self._compare(_table(table.name), table.size_bytes, table.sha256)
        for saved in manifest.files:
            self._compare(_bytes(saved.key), saved.size_bytes, saved.sha256)
        if manifest.login_sha256:
            self._compare(_LOGIN, len(self._read(_LOGIN)), manifest.login_sha256)

    def rows(self, table: SavedTable) -> Iterator[bytes]:
        """Yield the rows of a table in COPY's text form."""
        with _named(self._file), self._opened(_table(table.name)) as raw, gzip.open(raw) as plain:
            yield from iter(lambda: plain.read(CHUNK_BYTES), b"")

    def copy_to(self, saved: SavedBytes, path: Path) -> None:
        with _named(self._file), self._opened(_bytes(saved.key)) as source, path.open("wb") as target:
            for chunk in iter(lambda: source.read(CHUNK_BYTES), b""):
                target.write(chunk)

    def login(self) -> bytes | None:
        return self._read(_LOGIN) if self.manifest.login_sha256 else None

    def _compare(self, name: str, size_bytes: int, sha256: str) -> None:
        with _named(self._file), self._opened(name) as source:
            found = digest_of(source.read)
        if found != (size_bytes, sha256):
            raise NotReady(f"The backup {self._file} is damaged: {name} is not what was saved. Use another backup.")

    def _read(self, name: str) -> bytes:
        with _named(self._file), self._opened(name) as source:
            return source.read()

    def _opened(self, name: str) -> IO[bytes]:
        member = self._members.get(name)
        source = self._tar.extractfile(member) if member else None
        if source is None:
            raise NotReady(f"{self._file} is no whole backup: it has no {name}. It was cut off, or is another file.")
        return source


@contextmanager
def reading(file: Path) -> Iterator[Reader]:
    """Open a backup. Raises NotReady if it is none, was cut off, or was made in a form of a later version."""
    with ExitStack() as opened:
        raw = opened.enter_context(file.open("rb"))
        with _named(file):
            tar = opened.enter_context(tarfile.open(fileobj=raw, mode="r:"))
        yield Reader(tar, file)


def digest_of(read: Callable[[int], bytes]) -> tuple[int, str]:
    """Return the size and the SHA-256 of what is read to its end."""
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in iter(lambda: read(CHUNK_BYTES), b""):
        digest.update(chunk)
        size_bytes += len(chunk)
    return size_bytes, digest.hexdigest()


def digest_of_file(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return digest_of(file.read)


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Say nothing of whose the files are, and let whoever unpacks them keep them to themselves."""
    member.mtime = int(member.mtime)
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def _table(name: str) -> str:
    return f"tables/{name}.copy.gz"


def _bytes(key: str) -> str:
    return f"bytes/{key}"


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, msgspec.MsgspecError) as exc:
        raise NotReady(f"{file} is no whole backup: {exc}. It was cut off or damaged, or is another file.") from exc
