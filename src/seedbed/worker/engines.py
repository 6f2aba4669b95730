"""Finds an engine by its name. Only the engine's own child process calls this: engines are heavy to import.

A name is one of ours, one that an installed package offers (entry points of the group `seedbed.engines`), or a dotted
path `package.module:Class`. What stands behind an `@` is handed to the engine: `testcard@realistic`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from seedbed.core.engine import Engine
from seedbed.core.errors import NotReady

GROUP = "seedbed.engines"
OURS = {
    "animatic": "seedbed.engines.animatic.engine:Animatic",
    "testcard": "seedbed.engines.testcard.engine:TestCard",
}


def load_engine(name: str) -> Engine:
    """Import the engine and make one. Raises NotReady if there is none of that name."""
    plain, has_word, word = name.partition("@")
    module, _, attribute = _path_of(plain).partition(":")
    engine: Engine = getattr(import_module(module), attribute)(*([word] if has_word else []))
    return engine


def _path_of(name: str) -> str:
    if ":" in name:
        return name
    offered = {point.name: point.value for point in entry_points(group=GROUP)}
    try:
        return {**offered, **OURS}[name]
    except KeyError:
        known = ", ".join(sorted({*OURS, *offered}))
        raise NotReady(f"There is no engine '{name}'; installed are {known}.") from None
