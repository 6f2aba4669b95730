"""Reads one file out of a multipart form, straight to the disk: no more of it than one chunk is ever in memory.

Text fields beside the file are allowed and left unread.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from seedbed.api.json_body import check_encoding, limited
from seedbed.core.errors import InvalidRequest, UnsupportedMediaType

FILE_FIELD = "file"
ONE_FILE = "The form must hold one file, in a field such as 'file'"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a form, as it now lies on the disk. `sha256` is in hexadecimal digits."""

    path: Path
    size_bytes: int
    sha256: str


async def receive_file(request: Request, into: Path, *, limit_bytes: int) -> ReceivedFile:
    """Write the form's only file to `into`. `limit_bytes` is for the whole form.

    Raises UnsupportedMediaType, TooLarge, InvalidRequest.
    """
    boundary = _boundary(request)
    with await asyncio.to_thread(into.open, "wb") as file:
        parts = _Parts()
        try:
            parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]  # a dict of functions
            async with aclosing(limited(request, what="An upload", limit_bytes=limit_bytes)) as chunks:
                async for chunk in chunks:
                    parser.write(chunk)
                    await asyncio.to_thread(parts.drain, file)
            parser.finalize()
        except FormParserError as exc:
            raise InvalidRequest("The multipart form cannot be read; it is malformed.", param="body") from exc
    return parts.received(into)


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
    files: int = 0
    size_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
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
        return ReceivedFile(path, self.size_bytes, self.digest.hexdigest())

    def _begin(self) -> None:
        self._is_file = False

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, options = parse_options_header(self._header_value)
            self._is_file = b"filename" in options
            self.files += self._is_file
        self._header_name = self._header_value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file and self.files == 1:
            self._waiting.append(data[start:end])

    def _end(self) -> None:
        self.is_complete = True
