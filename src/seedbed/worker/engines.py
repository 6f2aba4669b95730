"""Finds an engine by its name. Only the engine's own child process calls this: engines are heavy to import.

A kind is one of ours, one that an installed package offers (entry points of the group `seedbed.engines`), or a dotted
path `package.module:Class`. What stands behind an `@` is handed to the engine: `testcard@realistic`. An engine of the
configuration is handed its options instead.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from seedbed.core.deployment import EngineSpec
from seedbed.core.engine import PROTOCOL, Engine
from seedbed.core.errors import NotReady

GROUP = "seedbed.engines"
OURS = {
    "animatic": "seedbed.engines.animatic.engine:Animatic",
    "ark": "seedbed.engines.ark.engine:Ark",
    "comfyui": "seedbed.engines.comfyui.engine:ComfyUi",
    "diffusers": "seedbed.engines.diffusers.engine:Diffusers",
    "open_api": "seedbed.engines.open_api.engine:OpenApi",
    "testcard": "seedbed.engines.testcard.engine:TestCard",
    "videos_api": "seedbed.engines.videos_api.engine:VideosApi",
}


def load_engine(kind: str, options: dict[str, Any] | None = None) -> Engine:
    """Import the engine and make one. Raises NotReady if there is none of that kind, or it cannot be made so."""
    plain, has_word, word = kind.partition("@")
    module, _, attribute = _path_of(plain).partition(":")
    try:
        engine_class = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as exc:
        raise NotReady(f"The engine '{plain}' cannot be loaded: {exc}.") from exc
    protocol = getattr(engine_class, "protocol", PROTOCOL)
    if protocol != PROTOCOL:
        raise NotReady(f"The engine '{plain}' speaks protocol {protocol}; this Seedbed speaks {PROTOCOL}.")
    engine: Engine = engine_class(*([options] if options is not None else [word] if has_word else []))
    return engine


def options_of(spec: EngineSpec) -> dict[str, Any] | None:
    """Return what the engine is made with, its key among them; None if it takes nothing. Raises NotReady."""
    options = dict(spec.options)
    if spec.key_env is not None:
        if not os.environ.get(spec.key_env):
            raise NotReady(f"The engine '{spec.name}' needs its key in the environment variable {spec.key_env}.")
        options["key"] = os.environ[spec.key_env]
    if spec.key_file is not None:
        try:
            options["key"] = Path(spec.key_file).read_text().strip()
        except OSError as exc:
            raise NotReady(f"The engine '{spec.name}' needs its key in {spec.key_file}: {exc.strerror}.") from exc
    return options or None


def _path_of(name: str) -> str:
    if ":" in name:
        return name
    offered = {point.name: point.value for point in entry_points(group=GROUP)}
    try:
        return {**offered, **OURS}[name]
    except KeyError:
        known = ", ".join(sorted({*OURS, *offered}))
        raise NotReady(f"There is no engine '{name}'; installed are {known}.") from None
