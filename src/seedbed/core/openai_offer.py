"""What the OpenAI Videos dialect offers: our models under their own ids, and every one of our sizes by its pixels.

Source: CONTRACT 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seedbed.core.errors import InvalidRequest
from seedbed.core.models import MODELS, Model
from seedbed.core.offer import FieldNames, Offer
from seedbed.core.sizes import SIZES, AspectRatio, Resolution

DIALECT = "openai"  # what is kept with a job that came by it
DEFAULT_MODEL = "seedance-2.0"
DEFAULT_SIZE = "1280x720"
REFERENCE = "input_reference"

SHAPES: dict[str, tuple[Resolution, AspectRatio]] = {str(size): shape for shape, size in SIZES.items()}


def openai_offer(models: Mapping[str, Model]) -> Offer:
    """Return the offer of these models: the documented ones in all of our sizes, an operator's in those of its own."""
    return Offer(
        models={
            model.id: replace(model, aspect_ratios=tuple(AspectRatio)) if model.id in MODELS else model
            for model in models.values()
        },
        names=FieldNames(
            references=REFERENCE,
            aspect_ratio="size",
            duration="seconds",
            resolution="size",
            engine_options="engine_options",
        ),
        max_references=1,
    )


OPENAI = openai_offer(MODELS)


def shape_of(size: str | None, model: Model | None = None) -> tuple[Resolution, AspectRatio]:
    """Return what a size such as `1280x720` stands for; None is the default, or the model's where it lacks that.

    Raises InvalidRequest, which lists the possible ones: those of the model, if it is known.
    """
    possible = SHAPES if model is None else _shapes_of(model)
    if size is None:
        default = SHAPES[DEFAULT_SIZE]
        return default if model is None or default in possible.values() else _default_shape(model)
    if size not in possible:
        raise InvalidRequest(f"size must be one of {', '.join(possible)}; got '{size[:40]}'.", param="size")
    return possible[size]


def _shapes_of(model: Model) -> dict[str, tuple[Resolution, AspectRatio]]:
    return {
        size: (resolution, ratio)
        for size, (resolution, ratio) in SHAPES.items()
        if resolution in model.resolutions and ratio in model.aspect_ratios
    }


def _default_shape(model: Model) -> tuple[Resolution, AspectRatio]:
    return model.default_resolution, model.default_aspect_ratio
