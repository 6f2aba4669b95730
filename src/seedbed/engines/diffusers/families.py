"""The families of models there are adapters for. Each is imported when a card of it is opened."""

from __future__ import annotations

from importlib import import_module

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.adapter import Adapter

FAMILIES = {
    "ltx2": "seedbed.engines.diffusers.adapters.ltx2",
    "minimax_h3": "seedbed.engines.diffusers.adapters.minimax_h3",
    "wan": "seedbed.engines.diffusers.adapters.wan",
}


def adapter_of(family: str) -> Adapter:
    """Raises NotReady if there is none for it."""
    if family not in FAMILIES:
        raise NotReady(f"engines.diffusers: family is {family}; there are adapters for {', '.join(FAMILIES)}.")
    adapter: Adapter = import_module(FAMILIES[family]).ADAPTER
    return adapter
