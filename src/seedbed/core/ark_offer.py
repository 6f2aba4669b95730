"""What the Ark dialect offers: the models under the ids of both official hosts, and the fields by their names there.

Source: CONTRACT 2; the ids of the Chinese and the international host, as their documents list them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seedbed.core.models import MODELS, Model
from seedbed.core.offer import FieldNames, Offer
from seedbed.core.references import Kind
from seedbed.core.sizes import AspectRatio, Resolution

DIALECT = "ark"  # what is kept with a job that came by it

_WIRE_IDS: dict[str, tuple[str, ...]] = {  # the first is shown where a job came by another dialect
    "seedance-2.0": ("doubao-seedance-2-0-260128", "dreamina-seedance-2-0-260128"),
    "seedance-2.0-fast": ("doubao-seedance-2-0-fast-260128", "dreamina-seedance-2-0-fast-260128"),
    "seedance-1.5-pro": ("doubao-seedance-1-5-pro-251215", "seedance-1-5-pro-251215"),
}
_EARLIER = "seedance-1.5-pro"


def _as_documented(model: Model) -> Model:
    is_fast = model.id == "seedance-2.0-fast"
    return replace(
        model,
        durations_s=tuple(range(4, 13 if model.id == _EARLIER else 16)),
        aspect_ratios=tuple(AspectRatio),
        resolutions=(Resolution.P480, Resolution.P720) if is_fast else tuple(Resolution),
    )


def ark_offer(models: Mapping[str, Model]) -> Offer:
    """Return the offer of these models: the documented ones under the hosts' ids, an operator's under its own."""
    return Offer(
        models={
            wire_id: _as_documented(model) if model.id in _WIRE_IDS else model
            for model in models.values()
            for wire_id in _WIRE_IDS.get(model.id, (model.id,))
        },
        names=FieldNames(
            prompt="content.text",
            references="content",
            aspect_ratio="ratio",
            expires_after="execution_expires_after",
            webhook_url="callback_url",
        ),
        max_references=15,
        max_of_kind={Kind.IMAGE: 9, Kind.VIDEO: 3, Kind.AUDIO: 3},
        needs_prompt=False,
        fits_videos=True,
    )


ARK = ark_offer(MODELS)


def wire_id_of(model_id: str) -> str:
    """Return the id under which a model is shown where no other was asked for."""
    return _WIRE_IDS.get(model_id, (model_id,))[0]


def is_earlier(model_id: str) -> bool:
    """Whether this is the earlier model, which alone takes `camera_fixed` and the tier `flex`."""
    return model_id == _EARLIER
