"""What a dialect offers: its models under their ids there, what each takes, and what it calls the fields.

One set of core types serves all dialects (CONTRACT 5). A dialect only narrows and translates, and this is where it says
how: `core.request.accept` judges a draft by its dialect's offer, and names the fields as the dialect does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seedbed.core.errors import InvalidRequest
from seedbed.core.models import MODELS, Model
from seedbed.core.references import MAX_REFERENCES, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNames:
    """What the fields of a request are called on the wire, for messages and for `param`."""

    model: str = "model"
    prompt: str = "prompt"
    references: str = "mediaUrls"
    aspect_ratio: str = "aspectRatio"
    duration: str = "duration"
    resolution: str = "resolution"
    seed: str = "seed"
    priority: str = "priority"
    expires_after: str = "expiresAfter"
    webhook_url: str = "webhookUrl"
    metadata: str = "metadata"
    engine_options: str = "engineOptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`models` by the id that stands on the wire; a Model's own id is the core's.

    `max_references` in all, `max_of_kind` of one kind besides. `needs_prompt`: even beside media. `fits_videos`: where
    no aspect ratio is asked for, that of a video is taken too, and before a picture's.
    """

    models: Mapping[str, Model]
    names: FieldNames = FieldNames()
    max_references: int = MAX_REFERENCES
    max_of_kind: Mapping[Kind, int] = field(default_factory=dict)
    needs_prompt: bool = True
    fits_videos: bool = False

    def model(self, wire_id: str) -> Model:
        """Raises InvalidRequest if there is no such model."""
        try:
            return self.models[wire_id]
        except KeyError:
            name = self.names.model
            raise InvalidRequest(
                f"{name} '{wire_id[:80]}' does not exist; use one of {', '.join(self.models)}.", param=name
            ) from None


def native_offer(models: Mapping[str, Model]) -> Offer:
    return Offer(models=models)


NATIVE = native_offer(MODELS)
