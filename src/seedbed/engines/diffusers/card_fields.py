"""Reads the lines of a table one by one, strictly, and says of a wrong one what would be right.

A line that nobody asked for is wrong as well: a switch that is misspelt would otherwise stay off in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from seedbed.core.errors import NotReady


class Fields:
    """`where` begins every message, as `engines.diffusers`."""

    def __init__(self, table: Mapping[str, Any], *, where: str) -> None:
        self._left = dict(table)
        self._where = where

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self._left.pop(name, default)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.refuse(name, "must be a text that is not empty")
        return value

    def needed(self, name: str) -> str:
        return self.text(name) or self.refuse(name, "is missing")

    def choice(self, name: str, among: Collection[str], default: str) -> str:
        value = self._left.pop(name, default)
        if value not in among:
            self.refuse(name, f"must be one of {', '.join(sorted(among))}")
        return str(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._left.pop(name, default)
        return value if isinstance(value, bool) else self.refuse(name, "must be true or false")

    def whole(self, name: str, default: int | None = None, *, least: int = 0, most: int = 100_000) -> int:
        value = self._left.pop(name, default)
        if value is None:
            self.refuse(name, "is missing")
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(name, f"must be a whole number from {least} to {most}")
        return value

    def number(self, name: str, default: float | None = None, *, most: float = 1e6) -> float | None:
        value = self._left.pop(name, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            self.refuse(name, f"must be a number from 0 to {most:g}")
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._left.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, "must be a list of texts")
        return tuple(value)

    def table(self, name: str) -> dict[str, Any]:
        value = self._left.pop(name, {})
        return value if isinstance(value, dict) else self.refuse(name, "must be a table")

    def end(self) -> None:
        """Raises NotReady if there is a line that was not asked for."""
        for name in self._left:
            self.refuse(name, "is no line of a model card")

    def refuse(self, name: str, what: str) -> NoReturn:
        raise NotReady(f"{self._where}: {name} {what}.")
