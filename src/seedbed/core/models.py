"""What a model is, and the documented ones with what each accepts in the native dialect. Source: CONTRACT 1.2.

Another dialect offers the same models under its own ids and in its own limits: see `core.offer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seedbed.core.engine_options import Option
from seedbed.core.references import Role
from seedbed.core.sizes import AspectRatio, Resolution

DEFAULT_DURATION_S = 5
DEFAULT_RESOLUTION = Resolution.P720
DEFAULT_ASPECT_RATIO = AspectRatio.WIDE
NATIVE_ASPECT_RATIOS = (AspectRatio.WIDE, AspectRatio.TALL, AspectRatio.SQUARE)


@dataclass(frozen=True, slots=True)
class Model:
    """`roles` are those that it takes; `options` what a request may say to its engines, by name.

    What a request leaves out is the documented default, or the model's first where it does not offer that.
    """

    id: str
    name: str
    description: str
    durations_s: tuple[int, ...]
    aspect_ratios: tuple[AspectRatio, ...] = NATIVE_ASPECT_RATIOS
    resolutions: tuple[Resolution, ...] = tuple(Resolution)
    roles: tuple[Role, ...] = tuple(Role)
    max_references: int | None = None  # as many as its dialect allows
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def default_duration_s(self) -> int:
        return DEFAULT_DURATION_S if DEFAULT_DURATION_S in self.durations_s else self.durations_s[0]

    @property
    def default_resolution(self) -> Resolution:
        return DEFAULT_RESOLUTION if DEFAULT_RESOLUTION in self.resolutions else self.resolutions[0]

    @property
    def default_aspect_ratio(self) -> AspectRatio:
        return DEFAULT_ASPECT_RATIO if DEFAULT_ASPECT_RATIO in self.aspect_ratios else self.aspect_ratios[0]


MODELS: dict[str, Model] = {
    model.id: model
    for model in (
        Model("seedance-2.0", "Seedance 2.0", "The full model: best quality.", tuple(range(4, 16))),
        Model("seedance-2.0-fast", "Seedance 2.0 Fast", "Shorter waits at a lower price.", tuple(range(4, 16))),
        Model("seedance-1.5-pro", "Seedance 1.5 Pro", "The earlier model, at half the price or less.", (5, 10)),
    )
}


def describe_durations(model: Model) -> str:
    """Return the model's durations for a message: `4 to 15` or `5 or 10`."""
    first, last = model.durations_s[0], model.durations_s[-1]
    if model.durations_s == tuple(range(first, last + 1)):
        return f"{first} to {last}"
    return " or ".join(str(duration_s) for duration_s in model.durations_s)
