"""The library's own switches for speed and memory, as a card or an operator sets them.

We turn them and rebuild none. What each costs and saves differs by model and GPU, so a card sets only what is known to
suit its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.engines.diffusers.card_fields import Fields

OFFLOADS = ("none", "model", "group", "sequential")
QUANTISATIONS = ("none", "float8_storage", "torchao_int8", "torchao_float8")
STEP_CACHES = ("none", "first_block")


@dataclass(frozen=True, slots=True)
class Switches:
    """`attention` is a back end of the library's dispatcher, None its default.

    `offload`: what stays on the CPU while it is not needed: whole models, groups of layers, or single layers; each
    saves more and costs more. `compiles`: the transformer's repeated blocks are compiled; with `warms_up` a short clip
    is made at the start, so that no job pays for it. `quantisation` is of the transformer's weights; `float8_storage`
    needs no further package, the others need torchao. `step_cache` leaves out what changes little from step to step,
    and costs likeness: `step_cache_threshold` says how little. `lora` is a file that every clip is made with, as for
    a distilled model; `loras` are those that a job may name, each a file.
    """

    attention: str | None = None
    offload: str = "none"
    tiles_vae: bool = False
    slices_vae: bool = False
    compiles: bool = False
    warms_up: bool = False
    quantisation: str = "none"
    step_cache: str = "none"
    step_cache_threshold: float = 0.05
    lora: str | None = None
    lora_scale: float = 1.0
    loras: Mapping[str, str] = field(default_factory=dict)


def read_switches(fields: Fields) -> Switches:
    """Read a card's lines that are switches. Raises NotReady."""
    return Switches(
        attention=fields.text("attention"),
        offload=fields.choice("offload", OFFLOADS, "none"),
        tiles_vae=fields.flag("tiles_vae", default=False),
        slices_vae=fields.flag("slices_vae", default=False),
        compiles=fields.flag("compiles", default=False),
        warms_up=fields.flag("warms_up", default=False),
        quantisation=fields.choice("quantisation", QUANTISATIONS, "none"),
        step_cache=fields.choice("step_cache", STEP_CACHES, "none"),
        step_cache_threshold=_given(fields.number("step_cache_threshold", 0.05, most=1)),
        lora=fields.text("lora"),
        lora_scale=_given(fields.number("lora_scale", 1.0, most=10)),
        loras=_loras(fields),
    )


def _given(value: float | None) -> float:
    assert value is not None  # it has a default
    return value


def _loras(fields: Fields) -> dict[str, Any]:
    loras = fields.table("loras")
    if not all(isinstance(file, str) for file in loras.values()):
        fields.refuse("loras", "must map names to files")
    return loras
