"""Follows a multipart parser through a form, chunk by chunk, and sorts what comes: one file, and text fields.

More than one file is counted but not kept, so that the form can be refused with their number.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import BinaryIO

from python_multipart.multipart import parse_options_header

from seedbed.core.errors import InvalidRequest

MAX_PARTS = 100


@dataclass(slots=True)
class Text:
    """A text field: what has come of it."""

    name: str
    size_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class Parts:
    """Follows the parser through the form, and keeps what came until it is drained."""

    is_complete: bool = False
    parts: int = 0
    files: int = 0
    size_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    file_field: str = ""
    texts: list[Text] = field(default_factory=list)
    _is_placed: bool = False  # the part that comes now has said what it is
    _is_file: bool = False
    _header_name: bytes = b""
    _header_value: bytes = b""
    _of_file: list[bytes] = field(default_factory=list)
    _of_texts: list[bytes] = field(default_factory=list)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def drain(self, file: BinaryIO, texts: BinaryIO) -> None:
        for data in self._of_file:
            file.write(data)
            self.digest.update(data)
            self.size_bytes += len(data)
        texts.writelines(self._of_texts)
        self._of_file.clear()
        self._of_texts.clear()

    def _begin(self) -> None:
        self._is_placed = self._is_file = False
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise InvalidRequest(f"The form has more than {MAX_PARTS} parts.", param="body")

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._is_placed = True
            _, options = parse_options_header(self._header_value)
            self._is_file = b"filename" in options
            self.files += self._is_file
            name = options.get(b"name", b"").decode("utf-8", errors="backslashreplace")
            if self._is_file:
                self.file_field = name
            else:
                self.texts.append(Text(name))
        self._header_name = self._header_value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        content = data[start:end]
        if not self._is_placed:
            raise InvalidRequest("A part of the form has no Content-Disposition that says what it is.", param="body")
        if self._is_file and self.files == 1:
            self._of_file.append(content)
        elif not self._is_file:
            self.texts[-1].size_bytes += len(content)
            self.texts[-1].digest.update(content)
            self._of_texts.append(content)

    def _end(self) -> None:
        self.is_complete = True
