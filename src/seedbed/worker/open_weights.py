"""What the command line may know of the engine `diffusers`: its cards, and whether their weights are here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.loading import look_at
from seedbed.engines.diffusers.shelf import open_card, shipped_cards
from seedbed.engines.diffusers.source import find_source


@dataclass(frozen=True, slots=True)
class Finding:
    """A card, and what its model lacks here: a sentence with the command that helps, or None."""

    name: str
    title: str
    source: str
    licence: str
    memory_gb: float | None
    lacks: str | None


def findings() -> list[Finding]:
    """Look at every card that comes with the engine. Loads nothing."""
    return [_found(name) for name in shipped_cards()]


def check_model(name: str, overrides: Mapping[str, Any], *, device: str) -> Path:
    """Return where the model is: whole, of a family that is known, and no larger than what is free on the device.

    Raises NotReady.
    """
    return look_at(open_card(name, overrides), device=device)


def _found(name: str) -> Finding:
    card = open_card(name)
    lacks: str | None = None
    try:
        find_source(card, environ=os.environ)
    except NotReady as fault:
        lacks = str(fault)
    return Finding(name, card.title, card.source, card.licence, card.memory_gb, lacks)
