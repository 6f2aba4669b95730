"""Reads the options that an operator gives an engine, strictly: a typing error must never pass for a default.

Every fault is one sentence that names the option as it stands in the configuration and says what would be right.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from seedbed.core.errors import NotReady
from seedbed.core.frame_rule import FrameRule, parse_frame_rule
from seedbed.core.openings import Opened, parse_opening


class OperatorTable:
    """The options of one engine. Each is asked for once by its name; `close` refuses those that nobody asked for."""

    def __init__(self, kind: str, given: Mapping[str, Any]) -> None:
        self._kind = kind
        self._given = given
        self._known: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text that is not empty. Without a default it must be given."""
        value = self._take(name, default)
        if value is None:
            raise self.fault(name, "is missing; give it as a text")
        if not isinstance(value, str) or not value.strip():
            raise self.fault(name, "must be a text that is not empty")
        if not value.strip().isprintable():
            raise self.fault(name, "must be a text on one line, without control characters")
        return value.strip()

    def is_given(self, name: str) -> bool:
        return self._take(name, None) is not None

    def text_if_given(self, name: str) -> str | None:
        return self.text(name) if self.is_given(name) else None

    def base_url(self, name: str, default: str | None = None) -> str:
        """Return an http(s) URL without a slash at its end."""
        url = self.text(name, default).rstrip("/")
        if not _is_base_url(url):
            raise self.fault(name, "must be a URL such as https://videos.example.org, without a query and a user")
        return url

    def choice(self, name: str, among: Collection[str], default: str) -> str:
        value = self._take(name, default)
        if value not in among:
            raise self.fault(name, f"must be one of {', '.join(among)}")
        return str(value)

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.fault(name, f"must be a number from {least:g} to {most:g}")
        return float(value)

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.fault(name, f"must be a whole number from {least} to {most}")
        return value

    def whole_if_given(self, name: str, *, least: int, most: int) -> int | None:
        return self.whole(name, least, least=least, most=most) if self.is_given(name) else None

    def frame_rule(self, name: str) -> FrameRule:
        """Return the counts of frames that a model makes; any if it is not given."""
        try:
            return parse_frame_rule(self.text(name, "1n"))
        except ValueError as exc:
            raise self.fault(name, str(exc)) from exc

    def listed(self, name: str) -> list[Any]:
        """Return a list as it stands; empty if it is not given."""
        value = self._take(name, [])
        if not isinstance(value, list):
            raise self.fault(name, "must be a list")
        return value

    def names_among(self, name: str, among: Collection[str]) -> tuple[str, ...]:
        """Return a list of texts, each one of these; empty if it is not given."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each in among for each in value):
            raise self.fault(name, f"must be a list of any of {', '.join(among)}" if among else "has nothing to name")
        return tuple(value)

    def names(self, name: str, default: Mapping[str, str]) -> dict[str, str]:
        """Return a table of texts: what is called so here, and what there. What it leaves out keeps its default."""
        value = self._take(name, {})
        if not isinstance(value, Mapping) or not all(isinstance(v, str) and v for v in value.values()):
            raise self.fault(name, 'must be a table such as { "seedance-2.0" = "the name there" }')
        return {**default, **value}

    def networks(self, name: str) -> tuple[Opened, ...]:
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.fault(name, 'must be a list of networks such as ["10.0.0.0/8"]')
        try:
            return tuple(parse_opening(each) for each in value)
        except ValueError as exc:
            raise self.fault(name, f"holds something that is no network: {exc}") from exc

    def flag(self, name: str, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self.fault(name, "must be true or false")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """Return a table as it stands; empty if it is not given."""
        value = self._take(name, {})
        if not isinstance(value, Mapping):
            raise self.fault(name, "must be a table")
        return dict(value)

    def close(self) -> None:
        unknown = sorted(self._given.keys() - set(self._known))
        if unknown:
            raise self.fault(unknown[0][:80], f"is not known; the options are {', '.join(dict.fromkeys(self._known))}")

    def fault(self, name: str, what: str) -> NotReady:
        """Return the error that says it; `what` goes on the sentence that begins with the option."""
        return NotReady(f"engines.{self._kind}: {name} {what}.")

    def _take(self, name: str, default: Any) -> Any:
        self._known.append(name)
        return self._given.get(name, default)


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_there = bool(parts.hostname) and parts.port != 0  # a port that is none raises
    except ValueError:
        return False
    has_more = parts.query or parts.fragment or parts.username or " " in url
    return parts.scheme in {"http", "https"} and is_there and not has_more
