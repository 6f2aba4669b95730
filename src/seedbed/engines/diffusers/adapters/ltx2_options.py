"""What a card of the LTX-2 family may say beyond what every card says.

Whatever is left out is the library's default, which is that of the newest full model.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.card_fields import Fields

_SCALES = (
    "stg_scale",
    "modality_scale",
    "guidance_rescale",
    "audio_guidance_scale",
    "audio_stg_scale",
    "audio_modality_scale",
    "audio_guidance_rescale",
)


@dataclass(frozen=True, slots=True)
class Ltx2Options:
    """`is_distilled`: the model has learnt the family's fixed noise levels, and needs no guidance.

    `image_crf`: how strongly a picture is compressed before it is shown to the model, as its training pictures were;
    0 is not at all. `stg_block` is the layer that spatio-temporal guidance leaves out, and the scales are those of the
    library's pipeline by the same names: they and `image_crf` follow the model's version, if nothing is said.
    """

    is_distilled: bool = False
    image_crf: int | None = None
    stg_block: int | None = None
    stg_scale: float | None = None
    modality_scale: float | None = None
    guidance_rescale: float | None = None
    audio_guidance_scale: float | None = None
    audio_stg_scale: float | None = None
    audio_modality_scale: float | None = None
    audio_guidance_rescale: float | None = None

    @classmethod
    def of(cls, card: Card) -> Ltx2Options:
        """Raises NotReady, which names the line and says what would be right."""
        table = card.family_options
        lines = Fields(table, where=f"model card {card.name}, family_options")
        if unknown := set(table) - {field.name for field in fields(cls)}:
            raise NotReady(
                f"model card {card.name}, family_options: {', '.join(sorted(unknown))} is not known to LTX-2; there"
                f" are {', '.join(field.name for field in fields(cls))}."
            )
        return cls(
            is_distilled=lines.flag("is_distilled", default=False),
            image_crf=lines.whole("image_crf", most=51) if "image_crf" in table else None,
            stg_block=lines.whole("stg_block", most=200) if "stg_block" in table else None,
            **{name: lines.number(name, most=100) for name in _SCALES},
        )

    def guidance(self) -> dict[str, Any]:
        """Return the pipeline's arguments that say how the model is guided, as far as the card says."""
        said = {name: value for name in _SCALES if (value := getattr(self, name)) is not None}
        return said | ({"spatio_temporal_guidance_blocks": [self.stg_block]} if self.stg_block is not None else {})
