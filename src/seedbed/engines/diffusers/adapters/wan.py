"""Wan 2.2: TI2V-5B (text, or text and a first frame), I2V-A14B (a first frame, and a last one), and T2V-A14B.

The library's own decoding copies the whole clip once for each latent frame; here each run of four frames is handed on
as it is decoded, and the clip never exists as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seedbed.core.errors import EngineUnfit, NotReady
from seedbed.core.references import Role
from seedbed.engines.diffusers.adapter import Plan, Sight, Take, Watch
from seedbed.engines.diffusers.adapters.drawing import draw
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.card_fields import Fields
from seedbed.media.pictures import Pixels

_MODES = ("ti2v", "i2v", "t2v")


class Wan:
    """See `seedbed.engines.diffusers.adapter.Adapter`. The card's `family_options`:

    `mode`: what the weights were trained for, `ti2v`, `i2v` or `t2v`. `guidance_2`: that of the second transformer,
    where the job does not say any. `flow_shift`: in the place of the scheduler's own.
    """

    family = "wan"
    roles = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME})
    makes_audio = False

    def load(self, card: Card, source: Path, *, dtype: Any) -> Any:
        """Raises NotReady if the card's mode is not that of the weights."""
        import torch
        from diffusers import WanImageToVideoPipeline, WanPipeline

        mode, options = _mode_of(card), Fields(card.family_options, where=f"engines.diffusers: {card.name}")
        kind = WanImageToVideoPipeline if mode == "i2v" else WanPipeline
        # In 16 bits the codec's model bands and flickers; its share of the memory is small.
        dtypes = {"default": dtype, "vae": torch.float32}
        pipeline = kind.from_pretrained(str(source), dtype=dtypes, local_files_only=True)
        if bool(pipeline.config.expand_timesteps) != (mode == "ti2v"):
            raise NotReady(f"The weights in {source} are not those of a Wan model of the mode {mode}.")
        shift = options.number("flow_shift", most=100)
        if shift is not None:
            pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, flow_shift=shift)
        return pipeline

    def warnings(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> tuple[str, ...]:
        cannot_end = _mode_of(card) != "i2v"
        told = [f"The option {name} was left aside: {card.title} has no use for it." for name in plan.options]
        told += [
            f"{sight.name} was left aside: {card.title} cannot end on a given picture."
            for sight in sights
            if sight.role is Role.LAST_FRAME and cannot_end
        ]
        return tuple(told)

    def arguments(self, card: Card, plan: Plan, sights: tuple[Sight, ...]) -> dict[str, Any]:
        """Raises EngineUnfit if the model needs a first frame and the job has none."""
        pictures = {sight.role: _picture(sight) for sight in sights if sight.pixels is not None}
        mode = _mode_of(card)
        if mode == "i2v" and Role.FIRST_FRAME not in pictures:
            raise EngineUnfit(f"{card.title} animates a first frame, and this request has none.")
        given: dict[str, Any] = {
            "prompt": plan.prompt,
            "negative_prompt": plan.negative_prompt,
            "width": plan.size.width_px,
            "height": plan.size.height_px,
            "num_frames": plan.frames,
            "num_inference_steps": plan.steps,
        }
        if plan.guidance is not None:
            given["guidance_scale"] = plan.guidance
        if mode == "i2v" and plan.guidance == card.guidance and "guidance_2" in card.family_options:
            given["guidance_scale_2"] = float(card.family_options["guidance_2"])
        if mode != "t2v" and Role.FIRST_FRAME in pictures:
            given["image"] = pictures[Role.FIRST_FRAME]
        if mode == "i2v" and Role.LAST_FRAME in pictures:
            given["last_image"] = pictures[Role.LAST_FRAME]
        return given

    def render(self, pipeline: Any, arguments: dict[str, Any], *, generator: Any, watch: Watch) -> Take:
        def tell(_pipeline: Any, step: int, _timestep: Any, state: dict[str, Any]) -> dict[str, Any]:
            watch.step(step + 1, arguments["num_inference_steps"])
            return state

        latents = _for(pipeline, arguments)(
            **arguments, generator=generator, callback_on_step_end=tell, output_type="latent", return_dict=False
        )[0]
        return Take(_frames(pipeline, latents, watch))


ADAPTER = Wan()


def _mode_of(card: Card) -> str:
    return Fields(card.family_options, where=f"engines.diffusers: {card.name}").choice("mode", _MODES, "ti2v")


def _picture(sight: Sight) -> Any:
    from PIL import Image

    assert sight.pixels is not None
    return Image.fromarray(sight.pixels)


def _for(pipeline: Any, arguments: dict[str, Any]) -> Any:
    """Return the pipeline of the same components that takes a picture, where there is one and this one takes none.

    The library's own way from one to the other would turn the weights into 32-bit numbers.
    """
    from diffusers import WanImageToVideoPipeline

    if "image" not in arguments or isinstance(pipeline, WanImageToVideoPipeline):
        return pipeline
    config = pipeline.config
    taking = WanImageToVideoPipeline(
        **pipeline.components, boundary_ratio=config.boundary_ratio, expand_timesteps=config.expand_timesteps
    )
    taking.set_progress_bar_config(disable=True)
    return taking


def _frames(pipeline: Any, latents: Any, watch: Watch) -> Iterator[Pixels]:
    """Decode (1, C, T, h, w) latents as the pipeline itself would, and draw the frames while it goes on."""
    import torch

    vae = pipeline.vae
    mean = torch.tensor(vae.config.latents_mean, device=latents.device).view(1, -1, 1, 1, 1)
    std = torch.tensor(vae.config.latents_std, device=latents.device).view(1, -1, 1, 1, 1)
    latents = (latents.float() * std + mean).to(vae.dtype)
    with torch.no_grad():
        runs = iter([vae.decode(latents, return_dict=False)[0]]) if vae.use_tiling else _runs(vae, latents)
        for run in runs:
            watch.beat()
            yield from draw(run)


def _runs(vae: Any, latents: Any) -> Iterator[Any]:
    """Decode latent frame by latent frame: (1, 3, 1 or 4, H, W), -1..1. Each leans on those before, through a cache."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d, unpatchify

    if hook := getattr(vae, "_hf_hook", None):
        hook.pre_forward(vae)  # offloaded, it comes to the GPU when its `decode` is called, which is not done here
    cache = [None] * sum(isinstance(part, WanCausalConv3d) for part in vae.decoder.modules())
    latents = vae.post_quant_conv(latents)
    for number in range(latents.shape[2]):
        latent = latents[:, :, number : number + 1]
        run = vae.decoder(latent, feat_cache=cache, feat_idx=[0], first_chunk=number == 0)
        yield unpatchify(run, patch_size=vae.config.patch_size) if vae.config.patch_size is not None else run
