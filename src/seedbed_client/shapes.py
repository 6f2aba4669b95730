"""Reads a JSON object into a frozen dataclass: the fields' types and wire names are the whole description.

A field's name on the wire is its own in camelCase, or what `named` says. What is missing or null takes the field's
default, so that a service which says less is understood as well; what is unknown is passed over.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def named(wire_name: str, *, default: Any = None) -> Any:
    """Declare a field that has another name on the wire."""
    return dataclasses.field(default=default, metadata={"wire": wire_name})


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def read(kind: type[T], body: Mapping[str, Any]) -> T:
    """Return the value that a JSON object shows. Raises ValueError if it shows none."""
    fields = _wire_fields(kind)  # type: ignore[arg-type]  # a class is always hashable
    try:
        given = {name: _converted(hint, body[wire]) for name, wire, hint in fields if body.get(wire) is not None}
        return kind(**given)
    except (TypeError, AttributeError, KeyError) as exc:
        raise ValueError(f"no {kind.__name__}: {exc}") from exc


@functools.cache
def _wire_fields(kind: type[Any]) -> list[tuple[str, str, Any]]:
    hints = get_type_hints(kind)
    return [(f.name, f.metadata.get("wire") or camel(f.name), hints[f.name]) for f in dataclasses.fields(kind)]


def _converted(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_converted(get_args(hint)[0], item) for item in value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum | float):
        return hint(value)
    return value
