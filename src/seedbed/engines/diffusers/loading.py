"""Loads a card's model: finds it, takes the GPU, lets the adapter read it, turns the switches.

The hub is never called: its libraries are told so before they are imported, for they read it once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.adapter import Adapter
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.failures import failures_named
from seedbed.engines.diffusers.families import adapter_of
from seedbed.engines.diffusers.gpu import check_gpu, lock_gpu, torch_device
from seedbed.engines.diffusers.source import find_source
from seedbed.engines.diffusers.tuning import tune

_LOCK_WAIT_S = 15.0  # a process that was told to end may take so long to let go of its GPU
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory. `lock` holds its GPU until the process ends; None for a CPU, or where GPUs are shared."""

    adapter: Adapter
    pipeline: Any
    device: Any
    lock: int | None


def load(card: Card, *, device: str, shares_gpu: bool = False) -> Loaded:
    """Load it. Takes minutes for a large one.

    Raises NotReady: not there or not whole, no such GPU, too small, taken, a switch that cannot be had. Raises
    MemoryError.
    """
    adapter = adapter_of(card.family)
    source = find_source(card, environ=os.environ)
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    torch = _torch()
    place = torch_device(device)
    lock = None if shares_gpu else lock_gpu(place, wait_s=_LOCK_WAIT_S)
    check_gpu(card, place)
    with failures_named():
        pipeline = _read(adapter, card, source, getattr(torch, card.dtype))
        tune(pipeline, card, place)
    if hasattr(pipeline, "set_progress_bar_config"):
        pipeline.set_progress_bar_config(disable=True)
    return Loaded(adapter, pipeline, place, lock)


def look_at(card: Card, *, device: str) -> Path:
    """Return where the model is, as `load` would find it, and look at the device. Loads nothing and locks nothing.

    Raises NotReady as `load` does, but for what only shows when it is loaded.
    """
    adapter_of(card.family)
    source = find_source(card, environ=os.environ)
    if device != "cpu":
        _torch()
        check_gpu(card, torch_device(device))
    return source


def _read(adapter: Adapter, card: Card, source: Path, dtype: Any) -> Any:
    try:
        return adapter.load(card, source, dtype=dtype)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise NotReady(f"{card.title} cannot be loaded from {source}: {exc}") from exc


def _torch() -> Any:
    try:
        import_module("diffusers")
        return import_module("torch")
    except ImportError as exc:
        raise NotReady(f"The engine diffusers needs the extra gpu ({exc}): pip install 'seedbed[gpu]'.") from exc
