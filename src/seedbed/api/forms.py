"""Reads a multipart form straight to the disk: no more of it than one chunk is ever in memory.

A form may hold one file. Its text fields lie one after the other in a file of their own, because one of them may be a
`data:` URI of megabytes; whoever wants them reads them when there is a place in memory for them.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from seedbed.api.arrival import check_encoding, limited
from seedbed.api.form_parts import Parts
from seedbed.core.errors import InvalidRequest, TooLarge, UnsupportedMediaType
from seedbed.core.idempotency import form_digest
from seedbed.core.urls import DATA_SCHEME

FILE_FIELD = "file"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a form, as it now lies on the disk. `sha256` is in hexadecimal digits; `digest` is the whole form's.

    `field` is the name of its field, not of the file.
    """

    path: Path
    size_bytes: int
    sha256: str
    digest: bytes
    field: str


@dataclass(frozen=True, slots=True)
class TextField:
    """Where a text field's bytes are among those of all: start..end, end not included."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReceivedForm:
    """A whole form on the disk: its file, if it has one, and its text fields. `digest` does not depend on their order.

    Whoever made the folder removes it.
    """

    file: ReceivedFile | None
    fields: tuple[TextField, ...]
    texts_path: Path
    digest: bytes

    @property
    def text_bytes(self) -> int:
        return self.fields[-1].end if self.fields else 0

    def read_texts(self, *, limit_bytes: int) -> list[tuple[str, str]]:
        """Return the text fields, name and text, in their order. `limit_bytes` is for all that is no `data:` URI.

        Raises TooLarge, and InvalidRequest for what is not UTF-8.
        """
        with self.texts_path.open("rb") as file:
            read = [(text.name, file.read(text.end - text.start)) for text in self.fields]
        plain_bytes = sum(len(content) for _, content in read if not content.startswith(DATA_SCHEME.encode()))
        if plain_bytes > limit_bytes:
            raise TooLarge("The text of a form", limit_bytes=limit_bytes)
        return [(name, _decoded(content, name)) for name, content in read]


async def receive_file(request: Request, into: Path, *, limit_bytes: int, timeout_s: float) -> ReceivedFile:
    """Write the form's only file to `into`. `limit_bytes` is for the whole form. Text beside the file is not used.

    Raises UnsupportedMediaType, TooLarge, InvalidRequest.
    """
    form = await receive_form(
        request, into, what="An upload", file_field=FILE_FIELD, limit_bytes=limit_bytes, timeout_s=timeout_s
    )
    if form.file is None:
        raise _not_one_file(0, FILE_FIELD)
    return form.file


async def receive_form(
    request: Request, into: Path, *, what: str, file_field: str, limit_bytes: int, timeout_s: float
) -> ReceivedForm:
    """Write the form's file, if it has one, to `into`, and its text fields beside it. `limit_bytes` is for all of it.

    `what` and `file_field` are for messages. Raises UnsupportedMediaType, TooLarge, InvalidRequest.
    """
    boundary = _boundary(request)
    texts_path = into.with_name(f"{into.name}.texts")
    arriving = limited(request, what=what, limit_bytes=limit_bytes, timeout_s=timeout_s)
    with await asyncio.to_thread(into.open, "wb") as file, await asyncio.to_thread(texts_path.open, "wb") as texts:
        parts = Parts()
        try:
            parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]  # a dict of functions
            async with aclosing(arriving) as chunks:
                async for chunk in chunks:
                    parser.write(chunk)
                    await asyncio.to_thread(parts.drain, file, texts)
            parser.finalize()
        except FormParserError as exc:
            raise InvalidRequest("The multipart form cannot be read; it is malformed.", param="body") from exc
    if not parts.is_complete:
        raise InvalidRequest("The multipart form breaks off before its end.", param="body")
    if parts.files > 1:
        raise _not_one_file(parts.files, file_field)
    return _received(parts, into, texts_path)


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        raise UnsupportedMediaType("An upload is a form: send Content-Type: multipart/form-data, as `curl -F` does.")
    check_encoding(request)
    if not options.get(b"boundary"):
        raise InvalidRequest("The Content-Type has no boundary, so the form cannot be read.", param="body")
    return options[b"boundary"]


def _received(parts: Parts, path: Path, texts_path: Path) -> ReceivedForm:
    whole = form_digest(
        fields=[(text.name, text.digest.digest()) for text in parts.texts],
        files=[(parts.file_field, parts.digest.digest())] if parts.files else [],
    )
    file = ReceivedFile(path, parts.size_bytes, parts.digest.hexdigest(), whole, parts.file_field)
    bounds = pairwise(accumulate((text.size_bytes for text in parts.texts), initial=0))
    fields = tuple(TextField(text.name, *bound) for text, bound in zip(parts.texts, bounds, strict=True))
    return ReceivedForm(file if parts.files else None, fields, texts_path, whole)


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        raise InvalidRequest(
            f"{name[:80]} is not valid UTF-8: byte {exc.start} cannot be read.", param=name[:80]
        ) from exc


def _not_one_file(files: int, name: str) -> InvalidRequest:
    return InvalidRequest(f"The form must hold one file, in a field such as '{name}'; it holds {files}.", param=name)
