"""What an adapter is: it knows one family of models, and how the library runs them.

The frame around it is the same for every family: it finds and loads, counts time and progress, encodes the film. What
an adapter module imports at its top must be light; torch and diffusers are imported inside the functions that run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.card import Card
from seedbed.media.pictures import Pixels

Wave = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one clip asks of the model, in the model's own measures: the card's size, rate and frame rule keep it.

    `guidance` and `negative_prompt` are None where neither the card nor the job says any. `options` are those of the
    job that the frame has no name for. The result is conformed later, so it may differ from what was ordered.
    """

    prompt: str
    size: Size
    frames: int
    fps: int
    steps: int
    seed: int
    guidance: float | None = None
    negative_prompt: str | None = None
    wants_audio: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """A reference of the job, in the order of the job. `pixels` of a picture: (H, W, 3) uint8 sRGB, upright.

    Pictures that stand for a first or last frame have the plan's size already: cropped in the middle, never stretched.
    Videos and sounds stay files, `path`; `pixels` is None then.
    """

    role: Role
    kind: Kind
    name: str
    path: Path
    pixels: Pixels | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """What a pipeline made. `frames` may be drawn once; decoding goes on as they are drawn, if the family can do that.

    Each frame is (H, W, 3) uint8 sRGB, full range. `sound` is (channels, N) float32, -1..1, at `sound_rate_hz`.
    """

    frames: Iterator[Pixels]
    sound: Wave | None = None
    sound_rate_hz: int = 48_000


class Watch(Protocol):
    """What an adapter tells while it renders. Both raise Stop, which must pass through the library untouched."""

    def beat(self) -> None:
        """Say that work goes on: as often as there is a chance, between parts that take long."""

    def step(self, done: int, of: int) -> None:
        """Say that so many denoising steps are done, over all passes of the model."""


class Adapter(Protocol):
    """Without state: what belongs to a loaded model is in the pipeline."""

    family: str  # as the cards say it
    roles: frozenset[Role]  # what it can make use of; a card may say less
    makes_audio: bool

    def load(self, card: Card, source: Path, *, dtype: Any) -> Any:
        """Return the library's pipeline from a folder, on the CPU. The frame moves it, and turns the switches.

        `dtype` is torch's. Raises what the library raises: the frame has looked at the folder's shards before, and
        says the rest in words.
        """

    def warnings(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> tuple[str, ...]:
        """Say in a sentence each what of this job cannot be honoured."""

    def arguments(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> dict[str, Any]:
        """Return what the pipeline is called with, but for the generator, the callback and the output's form."""

    def render(self, pipeline: Any, arguments: dict[str, Any], *, generator: Any, watch: Watch) -> Take:
        """Run the pipeline up to where frames can be drawn. `generator` is torch's, on the CPU, seeded.

        Raises Stop (from `watch`, raised in the library's step callback) and what the library raises.
        """
