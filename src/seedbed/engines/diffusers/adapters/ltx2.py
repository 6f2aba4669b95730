"""LTX-2 to 2.5: text to video with sound, and pictures that the clip begins with, ends with or comes to in between.

Every job goes through the library's condition pipeline, which needs no picture either. It is run up to its latents;
decoding is ours, so that frames go to the encoder as they come and sound that nobody wants costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.core.prompt_forms import FORMS
from seedbed.core.references import Role
from seedbed.engines.diffusers.adapter import Plan, Sight, Take, Watch, Wave
from seedbed.engines.diffusers.adapters.drawing import Windows, draw, draw_in_windows
from seedbed.engines.diffusers.adapters.ltx2_keyframes import (
    GROUP,
    MOMENTS,
    Span,
    conditions_of,
    moments_of,
    with_role,
)
from seedbed.engines.diffusers.adapters.ltx2_options import Ltx2Options
from seedbed.engines.diffusers.card import Card
from seedbed.media.pictures import Pixels

# Whole clips of the library's own tiles (16 frames, every 8) would be decoded twice over.
_WINDOWS = Windows(size=8, stride=6)
_UNSAID = {None, "", FORMS["ltx2"].negative_prompt}  # what is there where the job says nothing


class Ltx2:
    """See `seedbed.engines.diffusers.adapter.Adapter`. The card's `family_options` are those of `Ltx2Options`.

    Of a job's options it takes `keyframes_s`: where in the clip its reference pictures stand, in seconds, one for each.
    """

    family = "ltx2"
    roles = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE_IMAGE})
    makes_audio = True

    def load(self, card: Card, source: Path, *, dtype: Any) -> Any:
        from diffusers import FlowMatchEulerDiscreteScheduler, LTX2ConditionPipeline

        # The prompt enhancer of 2.5 is a language model of its own; the prompt is prepared before it comes here.
        pipeline = LTX2ConditionPipeline.from_pretrained(
            str(source), dtype=dtype, local_files_only=True, prompt_enhancer=None
        )
        if Ltx2Options.of(card).is_distilled:
            # A distilled model has learnt certain noise levels; a scheduler that shifts them asks it for others.
            pipeline.scheduler = FlowMatchEulerDiscreteScheduler.from_config(
                pipeline.scheduler.config, use_dynamic_shifting=False, shift_terminal=None
            )
        return pipeline

    def warnings(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> tuple[str, ...]:
        told = [
            f"The option {name} was left aside: {card.title} has no use for it."
            for name in plan.options
            if name != MOMENTS
        ]
        pictures = with_role(Role.REFERENCE_IMAGE, sights)
        if unused := [sight.name for sight in pictures[len(moments_of(plan)) :]]:
            told.append(
                f"{', '.join(unused)} was left aside: LTX can show a picture at a moment of the clip, but cannot follow"
                " one as a reference."
            )
        if Ltx2Options.of(card).is_distilled and plan.steps != len(_noise_levels()):
            told.append(f"The model is distilled to {len(_noise_levels())} steps, and was not given {plan.steps}.")
        if Ltx2Options.of(card).is_distilled and plan.negative_prompt not in _UNSAID | {card.negative_prompt}:
            told.append("The negative prompt was left aside: a distilled model has no use for one.")
        return tuple(told)

    def arguments(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> dict[str, Any]:
        """Raises NotReady if the card's family options are wrong, EngineUnfit if the job's are."""
        options = Ltx2Options.of(card)
        span = Span.of(plan.frames, has_end=bool(with_role(Role.LAST_FRAME, sights)))
        return {
            "prompt": plan.prompt,
            "conditions": conditions_of(plan, sights, span, options) or None,
            "width": plan.size.width_px,
            "height": plan.size.height_px,
            "num_frames": span.made,
            "frame_rate": float(plan.fps),
            "kept_frames": span.kept,
            "wants_audio": plan.wants_audio,
            **_schedule(plan, options),
        }

    def render(self, pipeline: Any, arguments: dict[str, Any], *, generator: Any, watch: Watch) -> Take:
        call = dict(arguments)
        kept_frames, wants_audio = call.pop("kept_frames"), call.pop("wants_audio")

        def tell(_pipeline: Any, step: int, _timestep: Any, state: dict[str, Any]) -> dict[str, Any]:
            watch.step(step + 1, pipeline.num_timesteps)
            return state

        latents, sound_latents = pipeline(
            **call, generator=generator, callback_on_step_end=tell, output_type="latent", return_dict=False
        )
        watch.beat()
        rate_hz = pipeline.vocoder.config.output_sampling_rate
        sound = _sound(pipeline, sound_latents) if wants_audio else None
        if sound is not None:
            sound = sound[:, : round(kept_frames / call["frame_rate"] * rate_hz)]
        return Take(islice(_frames(pipeline, latents, watch), kept_frames), sound=sound, sound_rate_hz=rate_hz)


ADAPTER = Ltx2()


def _schedule(plan: Plan, options: Ltx2Options) -> dict[str, Any]:
    """Return what of the call is about steps and guidance.

    The pipeline's own defaults are those of the full models: four passes a step. They must be taken back one by one
    for a distilled one, the sound's too, whose guidance does not follow the picture's.
    """
    if options.is_distilled:
        return {
            "sigmas": list(_noise_levels()),
            "num_inference_steps": len(_noise_levels()),
            **dict.fromkeys(("guidance_scale", "audio_guidance_scale", "modality_scale", "audio_modality_scale"), 1.0),
            **dict.fromkeys(("stg_scale", "audio_stg_scale", "guidance_rescale", "audio_guidance_rescale"), 0.0),
        }
    schedule: dict[str, Any] = {"num_inference_steps": plan.steps, "negative_prompt": plan.negative_prompt}
    if plan.guidance is not None:
        schedule["guidance_scale"] = plan.guidance
    return schedule | options.guidance()


def _noise_levels() -> tuple[float, ...]:
    from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

    return tuple(DISTILLED_SIGMA_VALUES)


def _frames(pipeline: Any, latents: Any, watch: Watch) -> Iterator[Pixels]:
    vae = pipeline.vae
    latents = latents.to(vae.dtype)
    if vae.use_tiling:
        drawn = draw_in_windows(
            latents, lambda part: _decoded(vae, part), _WINDOWS, frames_per_latent=GROUP, beat=watch.beat
        )
    else:
        drawn = draw(_decoded(vae, latents))
    yield from drawn
    pipeline.maybe_free_model_hooks()


def _decoded(vae: Any, latents: Any) -> Any:
    import torch

    with torch.no_grad():
        # Where a codec's model takes a noise level, the pipeline's default for it is none.
        level = torch.zeros(1, device=latents.device, dtype=latents.dtype) if vae.config.timestep_conditioning else None
        return vae.decode(latents, level, return_dict=False)[0]


def _sound(pipeline: Any, latents: Any) -> Wave:
    import torch

    with torch.no_grad():
        spectrogram = pipeline.audio_vae.decode(latents.to(pipeline.audio_vae.dtype), return_dict=False)[0]
        wave: Wave = pipeline.vocoder(spectrogram)[0].float().cpu().numpy()
    return np.clip(wave, -1, 1)
