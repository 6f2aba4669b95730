"""Reads one file out of a multipart form, straight to the disk: no more of it than one chunk is ever in memory.

Text fields beside the file are allowed; only their digests are kept, for the Idempotency-Key.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from seedbed.api.arrival import check_encoding, limited
from seedbed.core.errors import InvalidRequest, UnsupportedMediaType
from seedbed.core.idempotency import form_digest

FILE_FIELD = "file"
MAX_PARTS = 100
ONE_FILE = "The form must hold one file, in a field such as 'file'"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a form, as it now lies on the disk. `sha256` is in hexadecimal digits; `digest` is the whole form's."""

    path: Path
    size_bytes: int
    sha256: str
    digest: bytes


async def receive_file(request: Request, into: Path, *, limit_bytes: int, timeout_s: float) -> ReceivedFile:
    """Write the form's only file to `into`. `limit_bytes` is for the whole form.

    Raises UnsupportedMediaType, TooLarge, InvalidRequest.
    """
    boundary = _boundary(request)
    with await asyncio.to_thread(into.open, "wb") as file:
        parts = _Parts()
        try:
            parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]  # a dict of functions
            async with aclosing(_chunks(request, limit_bytes=limit_bytes, timeout_s=timeout_s)) as chunks:
                async for chunk in chunks:
                    parser.write(chunk)
                    await asyncio.to_thread(parts.drain, file)
            parser.finalize()
        except FormParserError as exc:
            raise InvalidRequest("The multipart form cannot be read; it is malformed.", param="body") from exc
    return parts.received(into)


def _chunks(request: Request, *, limit_bytes: int, timeout_s: float) -> AsyncGenerator[bytes, None]:
    return limited(request, what="An upload", limit_bytes=limit_bytes, timeout_s=timeout_s)


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        raise UnsupportedMediaType("An upload is a form: send Content-Type: multipart/form-data, as `curl -F` does.")
    check_encoding(request)
    if not options.get(b"boundary"):
        raise InvalidRequest("The Content-Type has no boundary, so the form cannot be read.", param="body")
    return options[b"boundary"]


@dataclass(slots=True)
class _Parts:
    """Follows the parser through the form, and keeps what belongs to the file until it is drained."""

    is_complete: bool = False
    parts: int = 0
    files: int = 0
    size_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    file_name: str = ""  # of the field, not of the file
    texts: list[tuple[str, hashlib._Hash]] = field(default_factory=list)
    _is_file: bool = False
    _header_name: bytes = b""
    _header_value: bytes = b""
    _waiting: list[bytes] = field(default_factory=list)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def drain(self, file: BinaryIO) -> None:
        for data in self._waiting:
            file.write(data)
            self.digest.update(data)
            self.size_bytes += len(data)
        self._waiting.clear()

    def received(self, path: Path) -> ReceivedFile:
        if not self.is_complete:
            raise InvalidRequest("The multipart form breaks off before its end.", param="body")
        if self.files != 1:
            raise InvalidRequest(f"{ONE_FILE}; it holds {self.files}.", param=FILE_FIELD)
        texts = [(name, digest.digest()) for name, digest in self.texts]
        whole = form_digest(fields=texts, files=[(self.file_name, self.digest.digest())])
        return ReceivedFile(path, self.size_bytes, self.digest.hexdigest(), whole)

    def _begin(self) -> None:
        self._is_file = False
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise InvalidRequest(f"The form has more than {MAX_PARTS} parts.", param="body")

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, options = parse_options_header(self._header_value)
            self._is_file = b"filename" in options
            self.files += self._is_file
            name = options.get(b"name", b"").decode("utf-8", errors="backslashreplace")
            if self._is_file:
                self.file_name = name
            else:
                self.texts.append((name, hashlib.sha256()))
        self._header_name = self._header_value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file and self.files == 1:
            self._waiting.append(data[start:end])
        elif not self._is_file and self.texts:
            self.texts[-1][1].update(data[start:end])

    def _end(self) -> None:
        self.is_complete = True
