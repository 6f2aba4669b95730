"""Wan models of a few thousand random weights, saved as the library saves real ones."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanImageToVideoPipeline, WanPipeline
from diffusers import WanTransformer3DModel as Transformer
from safetensors.torch import save_file
from tiny_text import byte_tokenizer
from transformers import UMT5Config, UMT5EncoderModel

_WIDTH = 16  # of what the text encoder gives


def save_ti2v(folder: Path) -> Path:
    """TI2V-5B: one transformer, a codec that packs 16 x 16 pixels, and a noise level for each place."""
    vae = _vae(z_dim=8, is_residual=True, in_channels=12, out_channels=12, patch_size=2, scale_factor_spatial=16)
    pipeline = WanPipeline(
        **_text(), vae=vae, scheduler=_scheduler(), transformer=_transformer(8, 8), expand_timesteps=True
    )
    pipeline.save_pretrained(folder)
    return folder


def save_i2v(folder: Path) -> Path:
    """I2V-A14B: two transformers, each for its half of the noise, that take the pictures as further channels."""
    pipeline = WanImageToVideoPipeline(
        **_text(),
        vae=_vae(z_dim=4),
        scheduler=_scheduler(),
        transformer=_transformer(4 + 4 + 4, 4),
        transformer_2=_transformer(4 + 4 + 4, 4),
        boundary_ratio=0.9,
    )
    pipeline.save_pretrained(folder)
    return folder


def save_lora(folder: Path) -> Path:
    """A LoRA for the transformer of `save_ti2v`, of a strength that shows."""
    torch.manual_seed(3)
    names = [f"blocks.{number}.attn1.to_{part}" for number in range(2) for part in "qkv"]
    weights = {f"transformer.{name}.lora_A.weight": torch.randn(4, 24) for name in names}
    weights |= {f"transformer.{name}.lora_B.weight": torch.randn(24, 4) for name in names}
    save_file(weights, folder / "film.safetensors")
    return folder / "film.safetensors"


def _text() -> dict[str, object]:
    torch.manual_seed(0)
    config = UMT5Config(
        vocab_size=260, d_model=_WIDTH, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    return {"tokenizer": byte_tokenizer(length=64), "text_encoder": UMT5EncoderModel(config).eval()}


def _vae(*, z_dim: int, **facts: object) -> AutoencoderKLWan:
    torch.manual_seed(1)
    return AutoencoderKLWan(
        base_dim=4,
        z_dim=z_dim,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * z_dim,
        latents_std=[1.0] * z_dim,
        **({"decoder_base_dim": 4} | facts),
    ).eval()


def _transformer(channels: int, out_channels: int) -> Transformer:
    torch.manual_seed(2)
    return Transformer(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=out_channels,
        text_dim=_WIDTH,
        freq_dim=16,
        ffn_dim=16,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    ).eval()


def _scheduler() -> UniPCMultistepScheduler:
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
