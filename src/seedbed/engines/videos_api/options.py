"""What the operator's table `[engines.NAME]` of kind `videos_api` says, judged once, when the engine is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from seedbed.core.errors import NotReady
from seedbed.core.openings import Opened, parse_opening
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.engines.videos_api.flavours import FLAVOURS, Flavour, Way

KIND = "engines.videos_api"
MAX_TIME_LIMIT_S = 7 * 86_400
_SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})", re.ASCII)
_FRAMES = re.compile(r"([1-9][0-9]?)n(?:\+([0-9]{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FrameRule:
    """The counts of frames that a model makes: `step` * n + `rest`."""

    step: int
    rest: int

    def at_least(self, frames: int) -> int:
        return self.step * -(-max(0, frames - self.rest) // self.step) + self.rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One server, and what is asked of it. Each stands in the class `VideosApi` under the same name."""

    base_url: str  # without /v1
    flavour: Flavour
    key: str | None = field(repr=False)
    model: str | None  # the server's name of it; `models` are those for ids of ours
    models: Mapping[str, str]
    sizes: tuple[Size, ...]  # empty: any
    seconds: tuple[int, ...]  # ascending; empty: any
    fps: int | None
    frames: FrameRule
    roles: frozenset[Role]
    references_as: Way
    makes_audio: bool
    bills: bool
    loras: Mapping[str, str]
    extra: Mapping[str, Any]
    description: str
    time_limit_s: float
    max_result_bytes: int
    open_networks: tuple[Opened, ...]

    @classmethod
    def from_options(cls, table: Mapping[str, Any]) -> Options:
        """Read the operator's table. Raises NotReady, which names the option and what would be right."""
        known = sorted({option.name for option in fields(cls)} - {"models"})
        for name in table:
            if name not in known:
                raise NotReady(f"{KIND}: {name[:80]} is no option of it; it takes {', '.join(known)}.")
        name = _text(table, "flavour")
        if name not in FLAVOURS:
            raise _wrong("flavour", f"one of {', '.join(FLAVOURS)}")
        flavour = FLAVOURS[name]
        return cls(
            base_url=_base_url(table),
            flavour=flavour,
            key=_text(table, "key") if "key" in table else None,
            model=None if isinstance(table.get("model"), dict) or "model" not in table else _text(table, "model"),
            models=_texts(table, "model") if isinstance(table.get("model"), dict) else {},
            sizes=_sizes(table),
            seconds=_seconds(table),
            roles=_roles(table, flavour),
            references_as=_way(table, flavour),
            makes_audio=_truth(table, "makes_audio", flavour.makes_audio),
            bills=_truth(table, "bills", flavour.bills),
            loras=_texts(table, "loras"),
            extra=_table(table, "extra"),
            open_networks=_networks(table),
            fps=_whole(table, "fps", 1, 120) if "fps" in table else None,
            frames=_frames(table),
            description=_text(table, "description", "A model that another server runs."),
            time_limit_s=_whole(table, "time_limit_s", 1, MAX_TIME_LIMIT_S, default=3600),
            max_result_bytes=_whole(table, "max_result_bytes", 1, 2**40, default=500_000_000),
        )

    def model_for(self, public_id: str) -> str | None:
        """Return the server's own name for the model; None leaves it to the server, which has only one."""
        return self.models.get(public_id, self.model) or (public_id if self.flavour.needs_model else None)


def _wrong(name: str, right: str) -> NotReady:
    return NotReady(f"{KIND}: {name} must be {right}.")


def _text(table: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _wrong(name, "a text that is not empty")
    return value.strip()


def _base_url(table: Mapping[str, Any]) -> str:
    right = "the server's address, such as http://gpu-1:8091 (with or without /v1)"
    text = table.get("base_url")
    if not isinstance(text, str):
        raise _wrong("base_url", right)
    try:
        parts = urlsplit(text)
        is_right = bool(parts.hostname) and parts.port != 0 and text.isprintable() and " " not in text
    except ValueError as exc:
        raise _wrong("base_url", right) from exc
    if parts.scheme not in ("http", "https") or not is_right or parts.query or parts.fragment or parts.username:
        raise _wrong("base_url", right)
    return text.rstrip("/").removesuffix("/v1").rstrip("/")


def _whole(table: Mapping[str, Any], name: str, least: int, most: int, *, default: int | None = None) -> int:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name, f"a whole number from {least} to {most}")
    return value


def _truth(table: Mapping[str, Any], name: str, default: bool) -> bool:
    value = table.get(name, default)
    if not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return value


def _table(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise _wrong(name, "a table")
    return value


def _texts(table: Mapping[str, Any], name: str) -> dict[str, str]:
    return {key: _text(_table(table, name), key) for key in _table(table, name)}


def _list(table: Mapping[str, Any], name: str) -> list[Any]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise _wrong(name, "a list")
    return value


def _sizes(table: Mapping[str, Any]) -> tuple[Size, ...]:
    found = [_SIZE.fullmatch(entry) if isinstance(entry, str) else None for entry in _list(table, "sizes")]
    if None in found:
        raise _wrong("sizes", 'a list of sizes such as "1280x720"')
    return tuple(Size(int(size[1]), int(size[2])) for size in found if size)


def _seconds(table: Mapping[str, Any]) -> tuple[int, ...]:
    found = _list(table, "seconds")
    if not all(isinstance(entry, int) and not isinstance(entry, bool) and 1 <= entry <= 3600 for entry in found):
        raise _wrong("seconds", "a list of the lengths that the server makes, such as [4, 8, 12]")
    return tuple(sorted(found))


def _frames(table: Mapping[str, Any]) -> FrameRule:
    value = table.get("frames", "1n")
    found = _FRAMES.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise _wrong("frames", 'the counts that the model makes, such as "8n+1"')
    return FrameRule(int(found[1]), int(found[2] or 0))


def _roles(table: Mapping[str, Any], flavour: Flavour) -> frozenset[Role]:
    if "roles" not in table:
        return flavour.roles
    found = _list(table, "roles")
    if not all(isinstance(role, str) and role in flavour.roles for role in found):
        raise _wrong("roles", f"a list of roles among {', '.join(role for role in Role if role in flavour.roles)}")
    return frozenset(Role(role) for role in found)


def _way(table: Mapping[str, Any], flavour: Flavour) -> Way:
    value = table.get("references_as", flavour.ways[0])
    if value not in flavour.ways:
        raise _wrong("references_as", f"one of {', '.join(flavour.ways)} for this flavour")
    return Way(value)


def _networks(table: Mapping[str, Any]) -> tuple[Opened, ...]:
    right = 'a list of networks such as "10.0.0.0/8" or "http://10.0.0.5:9000"'
    try:
        return tuple(parse_opening(entry) for entry in _list(table, "open_networks"))
    except (TypeError, ValueError, AttributeError) as exc:
        raise _wrong("open_networks", right) from exc
