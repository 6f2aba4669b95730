"""Reads a request's JSON body, and refuses everything that JSON libraries let pass in silence.

Twice the same key, NaN, a number too large for a double, half of a surrogate pair or a NUL would each be lost or
changed somewhere between here and the database. They are refused here, by name, so that nothing inside has to think of
them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import mmap
import re
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import IO, Any, NoReturn

from starlette.requests import Request

from seedbed.api.arrival import check_encoding, limited
from seedbed.api.intake import Intake
from seedbed.core.errors import InvalidJson, InvalidRequest, TooLarge, UnsupportedMediaType

MAX_DEPTH = 64
_DATA_MARK = b"data:"
# A whole `data:` URI as JSON spells it; escapes are passed over, a slash often bears one.
_DATA_URI = re.compile(rb'"data:(?:[^"\\]++|\\.)*+"', re.DOTALL)
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
# What UTF-8 cannot hold can only come in by an escape; without one of these, no text needs a closer look.
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# A larger body waits on the disk until it is whole, and is parsed in a thread, so that other requests go on meanwhile.
_SMALL_BYTES = 256 * 1024
_HUGE_BYTES = 4 * 1024 * 1024


@asynccontextmanager
async def json_body(
    request: Request, intake: Intake, account: Hashable, *, limit_bytes: int, data_limit_bytes: int, timeout_s: float
) -> AsyncIterator[dict[str, Any]]:
    """Give the body's JSON object. A large one holds its place in memory until the end of the block.

    `data_limit_bytes` is the limit for a body with `data:` URIs, `limit_bytes` for all of it that is no such URI.
    Raises UnsupportedMediaType, TooLarge, InvalidJson, InvalidRequest, Unavailable.
    """
    _check_type(request)
    arriving = limited(request, what="A JSON body", limit_bytes=data_limit_bytes, timeout_s=timeout_s)
    async with AsyncExitStack() as held:
        async with aclosing(arriving), aclosing(_cut_off(arriving, limit_bytes)) as chunks:
            small, rest = await _read_small(chunks)
            if rest is None:
                yield parse_object(small)
                return
            await held.enter_async_context(intake.arriving(account))
            with await asyncio.to_thread(_new_file) as file:
                await asyncio.to_thread(file.write, small + rest)
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
                await held.enter_async_context(intake.parsed())
                parsed = await asyncio.to_thread(_parse_file, file, limit_bytes)
        yield parsed


async def _cut_off(arriving: AsyncGenerator[bytes, None], limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """Raise TooLarge early: all but `data:` URIs fits into the smaller limit, so the first of them begins within it."""
    received = 0
    last = b""
    has_data = False
    async for chunk in arriving:
        has_data = has_data or _DATA_MARK in last + chunk
        last = chunk[1 - len(_DATA_MARK) :]
        received += len(chunk)
        if received > limit_bytes and not has_data:
            raise TooLarge("A JSON body without data: URIs", limit_bytes=limit_bytes)
        yield chunk


async def _read_small(chunks: AsyncGenerator[bytes, None]) -> tuple[bytearray, bytes | None]:
    """Return a small body and None, or the beginning of a larger one and the chunk that was too much."""
    body = bytearray()
    async for chunk in chunks:
        if len(body) + len(chunk) > _SMALL_BYTES:
            return body, chunk
        body += chunk
    return body, None


def _new_file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="seedbed-body-")


def _parse_file(file: IO[bytes], limit_bytes: int) -> dict[str, Any]:
    file.flush()
    if file.tell() > _HUGE_BYTES:
        # A refusal's traceback holds the refused body until the collector comes by, which may be a long while.
        gc.collect()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
        # Looked at before it is parsed: a list of empty lists takes thirty times its length in memory.
        in_uris = sum(found.end() - found.start() for found in _DATA_URI.finditer(body))
        if len(body) - in_uris > limit_bytes:
            raise TooLarge("A JSON body without data: URIs", limit_bytes=limit_bytes)
        return parse_object(body)


def parse_object(body: bytes | bytearray | mmap.mmap) -> dict[str, Any]:
    """Return the JSON object in the bytes. Raises InvalidJson, or InvalidRequest for text that cannot be kept."""
    text = _decode(body)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as exc:
        raise InvalidJson(
            f"The body is not valid JSON: {exc.msg.removesuffix(' at')} at line {exc.lineno}, column {exc.colno}."
        ) from exc
    except RecursionError as exc:
        raise _too_deep() from exc
    if not isinstance(value, dict):
        raise InvalidJson(f"The body must be a JSON object like {{...}}; got {_kind(value)}.")
    _check_depth(value)
    if _SUSPICIOUS.search(text):
        _check_texts(value)
    return value


def _check_type(request: Request) -> None:
    said = request.headers.get("content-type", "")
    media_type, _, parameters = said.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters, re.IGNORECASE)
    if not _JSON_TYPE.fullmatch(media_type.strip()) or (charset and charset[1].lower() not in ("utf-8", "utf8")):
        got = f"'{said[:80]}'" if said else "none"
        raise UnsupportedMediaType(f"The body must be JSON in UTF-8: send Content-Type: application/json; got {got}.")
    check_encoding(request)


def _decode(body: bytes | bytearray | mmap.mmap) -> str:
    if body[:3] == b"\xef\xbb\xbf":
        raise InvalidJson("The body begins with a byte order mark; send UTF-8 without one.")
    try:
        text = str(body, "utf-8")
    except UnicodeDecodeError as exc:
        raise InvalidJson(f"The body is not valid UTF-8: byte {exc.start} cannot be read.") from exc
    if not text or text.isspace():
        raise InvalidJson("The body is empty; send a JSON object.")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise InvalidJson(f"The key '{_printable(twice)}' stands twice in the same object.")
    return found


def _constant(word: str) -> NoReturn:
    raise InvalidJson(f"{word} is not JSON; leave the field out instead.")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJson(f"The number {text[:40]} is too large.")
    return number


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as exc:  # Python refuses integers of thousands of digits
        raise InvalidJson(f"A number of {len(text)} digits is too large.") from exc


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _inside(item) if isinstance(inner, dict | list)]
    if level:
        raise _too_deep()


def _check_texts(value: dict[str, Any]) -> None:
    """Refuse text that PostgreSQL or UTF-8 cannot hold, naming where it stands."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, str):
            _check_text(item, path, "")
        elif isinstance(item, dict):
            for key in item:
                _check_text(key, _join(path, _printable(key)), "the name of ")
            waiting += [(_join(path, key), inner) for key, inner in item.items()]
        elif isinstance(item, list):
            waiting += [(f"{path}[{i}]", inner) for i, inner in enumerate(item)]


def _check_text(text: str, path: str, what: str) -> None:
    if "\x00" in text:
        raise InvalidRequest(f"{what}{path} holds a NUL character; remove it.", param=path)
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise InvalidRequest(
            f"{what}{path} holds half of a surrogate pair, which is not valid Unicode.", param=path
        ) from exc


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _printable(key: str) -> str:
    """Return a key for a message: short, and without what no answer could hold."""
    return key[:80].encode(errors="replace").decode().replace("\x00", "?")


def _inside(item: Any) -> Iterable[Any]:
    match item:
        case dict():
            return item.values()
        case list():
            return item
        case _:
            return ()


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "a number"


def _too_deep() -> InvalidJson:
    return InvalidJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
