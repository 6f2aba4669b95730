"""The engine for open weights in this process: one model, loaded once, from a card.

It adds no inference of its own. It finds and checks the model, says how far a clip is, stops when told to, and encodes
while the library decodes; what a family of models needs is its adapter's affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from seedbed.core.engine import PROTOCOL, Canvas, Capabilities, Made, RenderTask, Report, Stage, marks
from seedbed.core.enhancing import enhancer_named
from seedbed.core.references import Kind, Role
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.diffusers.adapter import Plan, Sight
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.card_fields import Fields
from seedbed.engines.diffusers.failures import failures_named
from seedbed.engines.diffusers.film import write_film
from seedbed.engines.diffusers.loading import Loaded, load
from seedbed.engines.diffusers.planning import left_aside, lora_of, plan_of, sights_of, told
from seedbed.engines.diffusers.progress import Costs, Fence, Progress
from seedbed.engines.diffusers.shelf import open_card
from seedbed.engines.diffusers.tuning import choose_lora
from seedbed.media.pictures import Pixels
from seedbed.media.thumbnail import to_jpeg

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_GRACE_S = 30.0  # a step of a large model on a small GPU; loading it again would take far longer
_PREVIEW_EVERY = 24  # frames
_PREVIEW_SIDE_PX = 320
_WARM_UP_STEPS = 2
_WARM_UP_S = 5
_WHERE = "engines.diffusers"
_LINES = ("card", "device", "shares_gpu", "enhancer")
_DEVICE = re.compile(r"cpu|cuda(:[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Options:
    """See `Diffusers`."""

    card: Card
    device: str
    shares_gpu: bool
    enhancer: str | None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Options:
        """Raises NotReady, which names the line and says what would be right."""
        lines = dict(options)
        fields = Fields({name: lines.pop(name) for name in _LINES if name in lines}, where=_WHERE)
        name, device = fields.needed("card"), fields.text("device", "cuda") or "cuda"
        if not _DEVICE.fullmatch(device):
            fields.refuse("device", "must be cuda, cuda:1 (or another number) or cpu")
        shares_gpu, enhancer = fields.flag("shares_gpu", default=False), fields.text("enhancer")
        return cls(open_card(name, lines), device, shares_gpu, enhancer)


class Diffusers:
    """One make at a time, on the thread that made it.

    Options: `card`, the name of a shipped card or the path of another; `device`, `cuda` (the default), `cuda:1`, ... or
    `cpu`; `shares_gpu`, whether another model may be on the same GPU; `enhancer`, a function `package.module:function`
    that rewrites prompts. Any other is a line of the card, in the place of the card's own (`Card`, `Switches`), such as
    `folder`, `steps` or `offload`.

    Of a job's options it takes `steps`, `guidance`, `negative_prompt`, `lora` (a name of the card's `loras`) and
    `lora_scale`; others are the family's.
    """

    protocol = PROTOCOL

    def __init__(self, options: Mapping[str, Any], model: Loaded | None = None) -> None:
        """Load the model, which takes minutes if it is large, unless one is given. Raises NotReady, MemoryError."""
        chosen = Options.from_options(options)
        self._enhance = enhancer_named(chosen.enhancer) if chosen.enhancer else None
        self._card = chosen.card
        self._model = model or load(chosen.card, device=chosen.device, shares_gpu=chosen.shares_gpu)
        self._costs = Costs()
        if chosen.card.switches.warms_up:
            self._warm_up()

    def describe(self) -> Capabilities:
        card, adapter = self._card, self._model.adapter
        return Capabilities(
            name=f"diffusers:{card.name}",
            description=f"{card.title}, run here ({card.licence}).",
            roles=card.roles & adapter.roles,
            makes_audio=card.makes_audio and adapter.makes_audio,
            digital_source_type=SOURCE_TYPE,
            max_of_kind=dict(card.max_of_kind),
            max_duration_s=card.max_duration_s,
            grace_s=_GRACE_S,
        )

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Make the clip at `out`, in the model's own size and rate.

        Raises Stop (from `report`), EngineUnfit, MediaFailure, and MemoryError, after which the process is of no use.
        """
        report(Stage.PREPARING, 0.0)
        card, adapter = self._card, self._model.adapter
        said = told(card, adapter, task, enhance=self._enhance)
        plan = plan_of(card, task, said)
        lora, scale = lora_of(card, task.options)
        sights = sights_of(card, adapter, task, plan.size)
        report(Stage.PREPARING, 1.0)
        with failures_named():
            choose_lora(self._model.pipeline, card, lora, scale)
            self._render(plan, sights, out, report)
        warnings = (*said.warnings, *left_aside(card, adapter, task), *adapter.warnings(card, plan, sights))
        return Made(path=out, warnings=warnings, sent=_sent(card, plan, lora))

    def _render(self, plan: Plan, sights: tuple[Sight, ...], out: Path, report: Report) -> None:
        import torch

        card, model = self._card, self._model
        progress = Progress(report, plan, self._costs, Fence(model.device))
        # A generator of the CPU gives the same numbers whatever the GPU is.
        generator = torch.Generator("cpu").manual_seed(plan.seed)

        def drawn(number: int, pixels: Pixels) -> None:
            shown = to_jpeg(pixels, side_px=_PREVIEW_SIDE_PX) if number % _PREVIEW_EVERY == 1 else None
            progress.frame(number, shown)

        try:
            arguments = model.adapter.arguments(card, plan, sights)
            take = model.adapter.render(model.pipeline, arguments, generator=generator, watch=progress)
            tags = marks(self.describe().name, SOURCE_TYPE)
            write_film(take, plan, out, tags=tags, drawn=drawn, beat=progress.beat)
        finally:
            # What a clip that was stopped left on the GPU goes back to where the card's offload keeps it.
            if free := getattr(model.pipeline, "maybe_free_model_hooks", None):
                free()
        self._costs = progress.learnt()

    def _warm_up(self) -> None:
        """Make a clip of the commonest form for nobody, so that what is compiled is compiled before the first job."""
        card = self._card
        task = _rehearsal(card)
        plan = plan_of(card, task, told(card, self._model.adapter, task))
        grey = np.full((plan.size.height_px, plan.size.width_px, 3), 128, np.uint8)
        picture = Sight(Role.FIRST_FRAME, Kind.IMAGE, "warm-up", Path(), grey)
        sights = (picture,) if Role.FIRST_FRAME in card.roles & self._model.adapter.roles else ()
        with TemporaryDirectory(prefix="warm-up-") as folder, failures_named():
            self._render(plan, sights, Path(folder) / "warm-up.mp4", _Unheard())


class _Unheard:
    """A `Report` to nobody."""

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None: ...

    def remember(self, memory: dict[str, Any]) -> None: ...


def _rehearsal(card: Card) -> RenderTask:
    seconds = min(_WARM_UP_S, card.max_duration_s)
    return RenderTask(
        prompt="A meadow in the wind.",
        canvas=Canvas(card.sizes[0], frame_count(seconds), FPS),
        references=(),
        seed=0,
        wants_audio=card.makes_audio,
        options={"steps": min(_WARM_UP_STEPS, card.steps)},
        duration_s=seconds,
    )


def _sent(card: Card, plan: Plan, lora: str | None) -> dict[str, Any]:
    """Return what the model was told, for the job's owner."""
    sent = {
        "model": card.source,
        "prompt": plan.prompt,
        "negativePrompt": plan.negative_prompt,
        "steps": plan.steps,
        "guidance": plan.guidance,
        "size": str(plan.size),
        "frames": plan.frames,
        "fps": plan.fps,
        "seed": plan.seed,
        "lora": lora,
        **plan.options,
    }
    return {name: value for name, value in sent.items() if value is not None}
