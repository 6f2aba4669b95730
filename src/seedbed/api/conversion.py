"""Turns parsed JSON into wire types, strictly, and says in plain words what does not fit.

Nothing is coerced: `"5"` is not 5, `true` is not 1, and 5.0 is not taken for a whole number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

import msgspec

from seedbed.core.errors import InvalidRequest

S = TypeVar("S", bound=msgspec.Struct)

MAX_NAMED = 50
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `\$\.?(?P<path>.*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`(?: - at `\$\.?(?P<path>.*)`)?")
_WORDS = {
    "int": "an integer",
    "float": "a number with a decimal point",
    "str": "a string",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def convert(value: Any, kind: type[S]) -> S:
    """Return the value as that wire type; unknown fields are left out. Raises InvalidRequest, which names the field."""
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as exc:
        raise _refusal(str(exc)) from exc


def unknown_fields(value: dict[str, Any], kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return one warning a field that the wire type has not, so that none is dropped in silence."""
    names = [name[:80] for name in _unknown(value, kind)]
    warnings = [f"ignored unknown field '{name}'" for name in names[:MAX_NAMED]]
    if len(names) > MAX_NAMED:
        warnings.append(f"ignored {len(names) - MAX_NAMED} more unknown fields")
    return tuple(warnings)


def _unknown(value: dict[str, Any], kind: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for name, item in value.items():
        if name not in known:
            yield path + name
        elif (inner := _item_type(known[name])) and isinstance(item, list):
            for i, part in enumerate(item):
                yield from _unknown(part, inner, f"{path}{name}[{i}].")


def _item_type(hint: Any) -> type[msgspec.Struct] | None:
    """Return the struct inside a field's type, such as that of `list[...] | None`, if there is one."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next((found for part in get_args(hint) if (found := _item_type(part))), None)


def _refusal(message: str) -> InvalidRequest:
    if found := _MISSING.fullmatch(message):
        param = f"{found['path']}.{found['name']}" if found["path"] else found["name"]
        return InvalidRequest(f"{param} is required.", param=param)
    found = _EXPECTED.fullmatch(message)
    if found is None:  # a wording of msgspec that we do not know: better its own words than none
        return InvalidRequest(message, param="body")
    wanted = [_WORDS.get(word, word) for word in found["wanted"].split(" | ") if word != "null"]
    got = _WORDS.get(found["got"], found["got"])
    param = found["path"] or "body"
    return InvalidRequest(f"{param} must be {' or '.join(wanted)}; got {got}.", param=param)
