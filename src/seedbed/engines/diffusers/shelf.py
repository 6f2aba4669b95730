"""Where cards stand: those that come with the engine, by name, and any other by its path."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.card import Card, read_card

_FOLDER = files("seedbed.engines.diffusers") / "cards"
_ENDING = ".toml"


def shipped_cards() -> tuple[str, ...]:
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in _FOLDER.iterdir() if file.name.endswith(_ENDING)))


def open_card(name: str, overrides: Mapping[str, Any] | None = None) -> Card:
    """Return the card of that name or path, with lines put in the place of its own.

    A table among them, as `family_options`, is laid over the card's table. Raises NotReady.
    """
    table = _read(name)
    for key, value in (overrides or {}).items():
        table[key] = {**table[key], **value} if isinstance(value, dict) and key in table else value
    if overrides and "folder" in overrides:
        table.pop("repository", None)
    return read_card(Path(name).stem if _is_path(name) else name, table, where=f"engines.diffusers: the card {name}")


def _read(name: str) -> dict[str, Any]:
    try:
        text = Path(name).read_text() if _is_path(name) else (_FOLDER / f"{name}{_ENDING}").read_text()
        return tomllib.loads(text)
    except FileNotFoundError:
        known = ", ".join(shipped_cards())
        raise NotReady(f"engines.diffusers: card is {name}; known are {known}, or the path of a card.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise NotReady(f"engines.diffusers: the card {name} cannot be read: {exc}.") from exc


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(_ENDING)
