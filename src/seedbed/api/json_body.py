"""Reads a request's JSON body, and refuses everything that JSON libraries let pass in silence.

Twice the same key, NaN, a number too large for a double, half of a surrogate pair or a NUL would each be lost or
changed somewhere between here and the database. They are refused here, by name, so that nothing inside has to think of
them.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any, NoReturn

from starlette.requests import Request

from seedbed.core.errors import InvalidJson, InvalidRequest, TooLarge, UnsupportedMediaType

MAX_DEPTH = 64
_DATA_MARK = b"data:"
_DATA_URI = re.compile(r"data:[^,\s]{0,200},")
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
# What UTF-8 cannot hold can only come in by an escape; without one of these, no text needs a closer look.
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_THREAD_BYTES = 256 * 1024  # a larger body is parsed in a thread, so that other requests go on meanwhile


async def read_json(request: Request, *, limit_bytes: int, data_limit_bytes: int) -> dict[str, Any]:
    """Return the body's JSON object. `data_limit_bytes` is the limit for a body that holds `data:` URIs.

    Raises UnsupportedMediaType, TooLarge, InvalidJson, InvalidRequest.
    """
    _check_type(request)
    body = await _read_limited(request, limit_bytes=limit_bytes, data_limit_bytes=data_limit_bytes)
    if len(body) <= _THREAD_BYTES:
        return parse_object(body)
    parsed = await asyncio.to_thread(parse_object, body)
    if len(body) > limit_bytes and not _has_data_uri(parsed):
        raise TooLarge("A JSON body without data: URIs", limit_bytes=limit_bytes)
    return parsed


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
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


def check_encoding(request: Request) -> None:
    """Refuse a compressed body. Raises UnsupportedMediaType."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"A compressed body ({encoding[:40]}) is not taken; send it as it is.")


def declared_bytes(request: Request) -> int:
    """Return the body's length as the caller declares it; 0 if it does not say."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def limited(request: Request, *, what: str, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield the body's chunks. Raises TooLarge as soon as they are known to be more than the limit."""
    received = 0
    if declared_bytes(request) > limit_bytes:
        raise TooLarge(what, limit_bytes=limit_bytes)
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit_bytes:
                raise TooLarge(what, limit_bytes=limit_bytes)
            yield chunk


async def _read_limited(request: Request, *, limit_bytes: int, data_limit_bytes: int) -> bytearray:
    """Everything but `data:` URIs fits into the smaller limit, so the first of them must begin within it."""
    body = bytearray()
    has_data = False
    async for chunk in limited(request, what="A JSON body", limit_bytes=data_limit_bytes):
        body += chunk
        if not has_data and len(body) > limit_bytes:
            has_data = _DATA_MARK in body[: limit_bytes + len(_DATA_MARK)]
            if not has_data:
                raise TooLarge("A JSON body without data: URIs", limit_bytes=limit_bytes)
    return body


def _decode(body: bytes | bytearray) -> str:
    if not body.strip():
        raise InvalidJson("The body is empty; send a JSON object.")
    if body.startswith(b"\xef\xbb\xbf"):
        raise InvalidJson("The body begins with a byte order mark; send UTF-8 without one.")
    try:
        return body.decode()
    except UnicodeDecodeError as exc:
        raise InvalidJson(f"The body is not valid UTF-8: byte {exc.start} cannot be read.") from exc


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


def _has_data_uri(value: dict[str, Any]) -> bool:
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _DATA_URI.match(item):
            return True
        waiting += _inside(item)
    return False


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
