"""Turns the library's switches on a loaded pipeline, as its card says, and brings it to its device.

A switch that this model or this library does not offer is refused at the start: left off in silence, it would be
missed only when a job is slow or runs out of memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.failures import is_out_of_memory
from seedbed.engines.diffusers.switches import Switches

_TRANSFORMERS = ("transformer", "transformer_2", "transformer_ref")
LORA = "card"  # what the card's own LoRA is called among the adapters of a model


def tune(pipeline: Any, card: Card, device: Any) -> None:
    """Turn the switches, then place the pipeline. Raises NotReady, which names the switch."""
    switches = card.switches
    _load_loras(pipeline, card)
    _quantise(pipeline, card)
    if switches.attention:
        _each(pipeline, card, "attention", lambda model: model.set_attention_backend(switches.attention))
    if switches.step_cache != "none":
        _each(pipeline, card, "step_cache", lambda model: model.enable_cache(_cache_of(switches)))
    if switches.tiles_vae:
        _turn(card, "tiles_vae", lambda: pipeline.vae.enable_tiling())
    if switches.slices_vae:
        _turn(card, "slices_vae", lambda: pipeline.vae.enable_slicing())
    _place(pipeline, card, device)
    if switches.compiles:
        # A step cache hooks into each block in a way that the compiler has to leave the graph for.
        is_whole = switches.step_cache == "none"
        _each(pipeline, card, "compiles", lambda model: model.compile_repeated_blocks(fullgraph=is_whole))


def choose_lora(pipeline: Any, card: Card, name: str | None, scale: float) -> None:
    """Switch to the LoRA of that name for the next clip, beside the card's own; None for none."""
    weights = {LORA: card.switches.lora_scale} if card.switches.lora else {}
    if name:
        weights[name] = scale
    if weights:
        pipeline.enable_lora()
        pipeline.set_adapters(list(weights), list(weights.values()))
    elif card.switches.loras:
        pipeline.disable_lora()


def _load_loras(pipeline: Any, card: Card) -> None:
    own = {LORA: card.switches.lora} if card.switches.lora else {}
    for name, file in {**card.switches.loras, **own}.items():
        if not Path(file).expanduser().is_file():
            raise NotReady(f"engines.diffusers: {card.name}: the LoRA {name} is not there: {file}.")
        _turn(card, f"lora {name}", partial(_load_lora, pipeline, Path(file).expanduser(), name))


def _load_lora(pipeline: Any, file: Path, name: str) -> None:
    pipeline.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name=name, local_files_only=True)


def _quantise(pipeline: Any, card: Card) -> None:
    match card.switches.quantisation:
        case "none":
            return
        case "float8_storage":
            import torch

            _each(
                pipeline,
                card,
                "quantisation",
                lambda model: model.enable_layerwise_casting(
                    storage_dtype=torch.float8_e4m3fn, compute_dtype=getattr(torch, card.dtype)
                ),
            )
        case kind:
            _each(pipeline, card, "quantisation", lambda model: _quantise_with_torchao(model, kind))


def _quantise_with_torchao(model: Any, kind: str) -> None:
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig, quantize_

    quantize_(model, Int8WeightOnlyConfig() if kind == "torchao_int8" else Float8WeightOnlyConfig())


def _cache_of(switches: Switches) -> Any:
    from diffusers import FirstBlockCacheConfig

    return FirstBlockCacheConfig(threshold=switches.step_cache_threshold)


def _place(pipeline: Any, card: Card, device: Any) -> None:
    # On a CPU there is nowhere to bring anything from.
    match card.switches.offload if device.type == "cuda" else "none":
        case "model":
            _turn(card, "offload", lambda: pipeline.enable_model_cpu_offload(device=device))
        case "group":
            _turn(
                card,
                "offload",
                lambda: pipeline.enable_group_offload(device, offload_type="leaf_level", use_stream=True),
            )
        case "sequential":
            _turn(card, "offload", lambda: pipeline.enable_sequential_cpu_offload(device=device))
        case _:
            pipeline.to(device)


def _each(pipeline: Any, card: Card, switch: str, turn: Callable[[Any], object]) -> None:
    for name in _TRANSFORMERS:
        if (model := getattr(pipeline, name, None)) is not None:
            _turn(card, switch, partial(turn, model))


def _turn(card: Card, switch: str, turn: Callable[[], object]) -> None:
    try:
        turn()
    except (AttributeError, ImportError, OSError, RuntimeError, TypeError, ValueError) as exc:
        if is_out_of_memory(exc):
            raise
        raise NotReady(f"engines.diffusers: {card.name}: {switch} cannot be had here: {exc}") from exc
