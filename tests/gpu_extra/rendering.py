"""What the adapters' tests share: a card, a plan, pictures of one colour, and somebody who watches and may say stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from seedbed.core.engine import Stop
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Adapter, Plan, Sight, Take
from seedbed.engines.diffusers.card import Card, read_card

SIZE = Size(96, 64)


def card_of(family: str, **lines: Any) -> Card:
    table: dict[str, Any] = {
        "family": family,
        "licence": "none",
        "folder": "/nowhere",
        "dtype": "float32",
        "fps": 24,
        "frames": "8n+1",
        "multiple_px": 32,
        "sizes": ["96x64"],
        "max_duration_s": 10,
        "steps": 2,
    }
    return read_card("tiny", table | lines, where="tiny")


def plan_of(**facts: Any) -> Plan:
    usual = {"prompt": "a boat", "size": SIZE, "frames": 9, "fps": 24, "steps": 2, "seed": 7}
    return Plan(**(usual | facts))


def picture(role: Role, *, grey: int = 128, name: str = "references[0]", size: Size = SIZE) -> Sight:
    pixels = np.full((size.height_px, size.width_px, 3), grey, np.uint8)
    return Sight(role, role.kind, name, Path("/nowhere"), pixels)


class Watching:
    """Implements `Watch`. `stops_at`: the step after which the job is cancelled; 0 is at the next beat."""

    def __init__(self, *, stops_at: int | None = None) -> None:
        self.steps: list[tuple[int, int]] = []
        self.beats = 0
        self.stops_at = stops_at

    def beat(self) -> None:
        self.beats += 1
        if self.stops_at == 0:
            raise Stop

    def step(self, done: int, of: int) -> None:
        self.steps.append((done, of))
        if done == self.stops_at:
            raise Stop


def render(
    adapter: Adapter, pipeline: Any, card: Card, plan: Plan, *sights: Sight, watch: Watching | None = None
) -> Take:
    arguments = adapter.arguments(card, plan, sights)
    generator = torch.Generator("cpu").manual_seed(plan.seed)
    return adapter.render(pipeline, arguments, generator=generator, watch=watch or Watching())


def frames_of(take: Take) -> np.ndarray[Any, Any]:
    """Return (T, H, W, 3) uint8."""
    return np.stack(list(take.frames))
