"""The ways of making one and the same clip that are compared: the library's plain call, and ours, bare and whole.

All have the same pipeline, prompt, size, steps and seed. The plain call's film is written by our encoder, so that only
the order of things differs: it decodes the clip, copies it as floating-point numbers and encodes it then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seedbed.core.engine import Canvas, RenderTask, Stage
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.diffusers.adapter import Plan, Take
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.engine import Diffusers
from seedbed.engines.diffusers.film import write_film
from seedbed.engines.diffusers.loading import Loaded
from seedbed.engines.diffusers.planning import plan_of, told
from seedbed.engines.diffusers.shelf import open_card

PROMPT = "A red fox runs over a field of snow at dawn, the camera follows it from the side, crows call far away."
_OURS = ("kept_frames", "wants_audio")  # arguments of an adapter's `render` that are none of the pipeline


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one clip. A part is None where it cannot be told from the others. `peak_gb`: on the GPU."""

    total_s: float
    steps_s: float | None = None
    decode_s: float | None = None
    encode_s: float | None = None
    peak_gb: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a card by its name and what is put in the place of its lines, its model, and the clip."""

    name: str
    lines: dict[str, Any]
    model: Loaded
    seconds: int
    steps: int
    card: Card = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "card", open_card(self.name, self.lines))

    def task(self) -> RenderTask:
        return RenderTask(
            prompt=PROMPT,
            canvas=Canvas(self.card.sizes[0], frame_count(self.seconds), FPS),
            references=(),
            seed=7,
            wants_audio=self.card.makes_audio,
            options={"steps": self.steps},
            duration_s=self.seconds,
        )

    def plan(self) -> Plan:
        task = self.task()
        return plan_of(self.card, task, told(self.card, self.model.adapter, task))

    def arguments(self, plan: Plan) -> dict[str, Any]:
        return self.model.adapter.arguments(self.card, plan, ())


class Silent:
    """Implements `Report` and `Watch`: hears all and wants nothing."""

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None: ...

    def remember(self, memory: dict[str, Any]) -> None: ...

    def beat(self) -> None: ...

    def step(self, done: int, of: int) -> None: ...


def plain(subject: Subject, out: Path) -> Run:
    """Time the library's call from the prompt to the frames, and then the encoding of them."""
    model, plan = subject.model, subject.plan()
    call = {name: value for name, value in subject.arguments(plan).items() if name not in _OURS}
    ends_s: list[float] = []

    def stepped(pipeline: Any, step: int, _timestep: Any, state: dict[str, Any]) -> dict[str, Any]:
        if step + 1 == pipeline.num_timesteps:
            _wait(model)
            ends_s.append(time.perf_counter())
        return state

    def made() -> Any:
        return model.pipeline(**call, generator=_generator(plan), output_type="np", callback_on_step_end=stepped)

    film, called_s, peak_gb, begun_s = _timed(model, made)
    encoding_s = time.perf_counter()
    frames = (film.frames[0] * 255).round().astype(np.uint8)
    sound = film.audio[0].float().cpu().numpy() if subject.card.makes_audio else None
    rate_hz = model.pipeline.vocoder.config.output_sampling_rate if subject.card.makes_audio else 48_000
    _write(Take(iter(frames), sound, rate_hz), plan, out)
    encode_s = time.perf_counter() - encoding_s
    steps_s = ends_s[0] - begun_s
    return Run(called_s + encode_s, steps_s, called_s - steps_s, encode_s, peak_gb)


def bare(subject: Subject, _out: Path) -> Run:
    """Time what our adapter does, every frame drawn and none encoded."""
    model, plan = subject.model, subject.plan()

    def made() -> None:
        arguments = subject.arguments(plan)
        take = model.adapter.render(model.pipeline, arguments, generator=_generator(plan), watch=Silent())
        for _ in take.frames:
            pass

    _, total_s, peak_gb, _ = _timed(model, made)
    return Run(total_s, peak_gb=peak_gb)


def whole(subject: Subject, out: Path) -> Run:
    """Time our engine, from the task to the file."""
    engine = Diffusers({"card": subject.name, **subject.lines}, subject.model)
    _, total_s, peak_gb, _ = _timed(subject.model, lambda: engine.make(subject.task(), out, Silent()))
    return Run(total_s, peak_gb=peak_gb)


def _write(take: Take, plan: Plan, out: Path) -> None:
    write_film(take, plan, out, tags={}, drawn=lambda _number, _pixels: None, beat=lambda: None)


def _generator(plan: Plan) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(plan.seed)


def _wait(model: Loaded) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)


def _timed(model: Loaded, made: Callable[[], Any]) -> tuple[Any, float, float | None, float]:
    """Return what came of it, the seconds that it took, the peak in GB, and the moment it began."""
    has_gpu = model.device.type == "cuda"
    if has_gpu:
        torch.cuda.reset_peak_memory_stats(model.device)
    _wait(model)
    begun_s = time.perf_counter()
    result = made()
    _wait(model)
    took_s = time.perf_counter() - begun_s
    return result, took_s, torch.cuda.max_memory_allocated(model.device) / 1e9 if has_gpu else None, begun_s
