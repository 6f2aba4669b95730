"""MiniMax-H3: text; a first or last frame; or pictures, videos and sounds to follow; always with sound.

The library has it as blocks only. They are run up to the latents, without those that decode: theirs would copy the
whole clip as floating-point numbers three times. The weights come in two parts, one for jobs with references and one
for all others, and a card's roles say which are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from seedbed.core.errors import EngineUnfit, NotReady
from seedbed.core.references import Kind, Role
from seedbed.engines.diffusers.adapter import Plan, Sight, Take, Watch, Wave
from seedbed.engines.diffusers.adapters.drawing import Levels, draw
from seedbed.engines.diffusers.adapters.minimax_h3_references import KEYFRAMES, references_of
from seedbed.engines.diffusers.card import Card
from seedbed.media.pictures import Pixels

LEAST_FRAMES = 124  # five seconds and a bit: it has never seen a shorter clip
MOST_FRAMES = 345
_FPS = 24
_OUTPUTS = ["latents", "audio_latents"]


class MiniMaxH3:
    """See `seedbed.engines.diffusers.adapter.Adapter`. Cards of this family have no `family_options`.

    The model numbers what it gets by kind: the prompt's `<Picture 1>`, `<Video 1>` and `<Audio 1>` are the first of
    each, in the order of the job.
    """

    family = "minimax_h3"
    roles = frozenset(Role)
    makes_audio = True

    def load(self, card: Card, source: Path, *, dtype: Any) -> Any:
        """Raises NotReady if a component cannot be loaded: the library itself only logs that."""
        from diffusers import ComponentsManager

        if card.family_options:
            raise NotReady(f"engines.diffusers: {card.name}: MiniMax-H3 has no family_options.")
        manager = ComponentsManager()
        pipeline = _blocks().init_pipeline(str(source), components_manager=manager)
        # The same switch as other pipelines have it.
        pipeline.enable_model_cpu_offload = manager.enable_auto_cpu_offload
        names = [name for name in pipeline.pretrained_component_names if name not in _unused(card)]
        pipeline.load_components(names, dtype=dtype, local_files_only=True, pretrained_model_name_or_path=str(source))
        if missing := [name for name in names if getattr(pipeline, name) is None]:
            raise NotReady(
                f"{card.title}: {', '.join(missing)} cannot be loaded from {source}; the library's log above says why."
                " Besides the weights it needs torchvision."
            )
        return pipeline

    def warnings(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> tuple[str, ...]:
        told = [f"The option {name} was left aside: {card.title} has no use for it." for name in plan.options]
        if plan.guidance is not None or plan.negative_prompt:
            told.append(f"Guidance and negative prompt were left aside: {card.title} is distilled to do without.")
        if _follows(sights):
            told += [
                f"{sight.name} is a picture to follow: beside other references, {card.title} cannot begin or end on it."
                for sight in sights
                if sight.role in KEYFRAMES
            ]
        return tuple(told)

    def arguments(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> dict[str, Any]:
        """Raises EngineUnfit if the clip is too long, or there are sounds to follow and nothing to see."""
        frames = max(plan.frames, LEAST_FRAMES)
        if frames > MOST_FRAMES:
            raise EngineUnfit(f"{card.title} makes {MOST_FRAMES} frames ({MOST_FRAMES // _FPS} s) at most.")
        if sights and all(sight.kind is Kind.AUDIO for sight in sights):
            raise EngineUnfit(f"{card.title} can follow a sound only beside a picture or a video.")
        call: dict[str, Any] = {
            "prompt": plan.prompt,
            "width": plan.size.width_px,
            "height": plan.size.height_px,
            "num_frames": frames,
            # As the model's own figures count them: the finished clip is one of the levels, so there is a pass less.
            "num_inference_steps": max(2, plan.steps),
            "kept_frames": plan.frames,
            "wants_audio": plan.wants_audio,
        }
        if _follows(sights):
            return call | {"references": references_of(sights, frames=frames)}
        return call | _keyframes(sights)

    def render(self, pipeline: Any, arguments: dict[str, Any], *, generator: Any, watch: Watch) -> Take:
        """Raises EngineUnfit if the part of the weights that this job needs was not loaded."""
        call = dict(arguments)
        kept_frames, wants_audio = call.pop("kept_frames"), call.pop("wants_audio")
        with _watched(_transformer_for(pipeline, call), pipeline, watch):
            made = pipeline(**call, generator=generator, output=_OUTPUTS)
        watch.beat()
        sound = _sound(pipeline, made["audio_latents"], kept_frames) if wants_audio else None
        frames = islice(_frames(pipeline, made["latents"], watch), kept_frames)
        return Take(frames, sound=sound, sound_rate_hz=pipeline.audio_sampling_rate)


ADAPTER = MiniMaxH3()


def _blocks() -> Any:
    """Return all of the model's blocks but those that decode, and without their bars of progress."""
    from diffusers import MiniMaxH3Blocks

    blocks = MiniMaxH3Blocks()
    blocks.sub_blocks.pop("decode")
    for workflow in blocks.sub_blocks["denoise"].sub_blocks.values():
        workflow.sub_blocks["denoise"].set_progress_bar_config(disable=True)
    return blocks


def _unused(card: Card) -> set[str]:
    """Return the part of the weights that no job for this card needs. What is only there for text stays."""
    return set() if card.roles - KEYFRAMES else {"transformer_ref"}


def _follows(sights: tuple[Sight, ...]) -> bool:
    return any(sight.role not in KEYFRAMES for sight in sights)


def _keyframes(sights: tuple[Sight, ...]) -> dict[str, Any]:
    from PIL import Image

    names = {Role.FIRST_FRAME: "image", Role.LAST_FRAME: "last_image"}
    return {names[sight.role]: Image.fromarray(sight.pixels) for sight in sights if sight.pixels is not None}


def _transformer_for(pipeline: Any, call: dict[str, Any]) -> Any:
    transformer = pipeline.transformer_ref if "references" in call else pipeline.transformer
    if transformer is None:
        raise EngineUnfit(
            "The part of MiniMax-H3 that follows references is not loaded: its card's roles leave it out."
        )
    return transformer


@contextmanager
def _watched(transformer: Any, pipeline: Any, watch: Watch) -> Iterator[None]:
    """Tell of each step: the library's loop has no callback, but runs the transformer once for each."""
    steps = 0

    def tell(*_: Any) -> None:
        nonlocal steps
        steps += 1
        watch.step(steps, len(pipeline.scheduler.timesteps))

    hooks = [transformer.register_forward_hook(tell), *_beating(pipeline, watch)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _beating(pipeline: Any, watch: Watch) -> list[Any]:
    """Beat before each tile that the video's codec works on, which it does for a minute where references are many."""
    return [
        part.register_forward_pre_hook(lambda *_: watch.beat()) for part in (pipeline.vae.encoder, pipeline.vae.decoder)
    ]


def _frames(pipeline: Any, latents: Any, watch: Watch) -> Iterator[Pixels]:
    import torch

    vae = pipeline.vae
    hooks = _beating(pipeline, watch)
    try:
        with torch.no_grad():
            clip = vae.decode(_plain(latents, vae.config, dims=5), return_dict=False)[0]
    finally:
        for hook in hooks:
            hook.remove()
    yield from draw(clip, Levels(scale=pipeline.pixel_std, offset=pipeline.pixel_mean))


def _sound(pipeline: Any, latents: Any, frames: int) -> Wave:
    """Decode both sides of the sound, (2, C, N) latents, as far as the picture goes."""
    import torch

    codec = pipeline.audio_vae
    with torch.no_grad():
        wave = codec.decode(_plain(latents, codec.config, dims=3), return_dict=False)[0]
    sides: Wave = wave[:, 0].float().clamp_(-1, 1).cpu().numpy()
    return sides[:, : frames * pipeline.audio_sampling_rate // _FPS]


def _plain(latents: Any, config: Any, *, dims: int) -> Any:
    """Return latents as the codec has them: in the model, each of their channels is centred and of one spread."""
    import torch

    shape = (1, -1) + (1,) * (dims - 2)
    mean = torch.tensor(config.latents_mean, device=latents.device).view(shape)
    return latents * torch.tensor(config.latents_std, device=latents.device).view(shape) + mean
