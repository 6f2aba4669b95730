"""MiniMax-H3 in shape, with a few thousand random weights, on a canvas of 64 pixels. All three workflows."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLMiniMaxH3,
    AutoencoderKLMiniMaxH3Audio,
    MiniMaxH3Scheduler,
    MiniMaxH3Transformer3DModel,
)
from diffusers.modular_pipelines import MiniMaxH3Blocks
from tiny_text import byte_tokenizer
from transformers import (
    Qwen2VLImageProcessorPil,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

SOUND_RATE_HZ = 32_000
CONTROL = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
WORDS = 260
CANVAS_PX = 64


def save_tiny_minimax_h3(folder: Path) -> None:
    """Write a modular pipeline's folder, the same at every call."""
    torch.manual_seed(0)
    pipeline = MiniMaxH3Blocks().init_pipeline()
    tokenizer = byte_tokenizer(length=4096, control=CONTROL)
    sides = {"size": {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}}
    pipeline.update_components(
        text_encoder=_text_encoder(),
        tokenizer=tokenizer,
        processor=Qwen3VLProcessor(
            image_processor=Qwen2VLImageProcessorPil(patch_size=16, merge_size=2, **sides),
            tokenizer=tokenizer,
            video_processor=Qwen3VLVideoProcessor(patch_size=16, merge_size=2, cap_pixels_per_frame=False, **sides),
        ),
        vae=_video_codec(),
        audio_vae=_sound_codec(),
        scheduler=MiniMaxH3Scheduler(shift=12.0),
        audio_scheduler=MiniMaxH3Scheduler(shift=3.0),
        transformer=_transformer(),
        transformer_ref=_transformer(),
        canvas_short_edge=CANVAS_PX,
        canvas_max_pixels=CANVAS_PX * CANVAS_PX * 2,
        reference_image_short_edge=CANVAS_PX,
    )
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)


def _text_encoder() -> Qwen3VLForConditionalGeneration:
    text = {
        "vocab_size": WORDS + len(CONTROL),
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 51,  # the model listens to the fiftieth
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [2, 1, 1],
            "mrope_interleaved": True,
        },
    }
    sight = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_heads": 2,
        "out_hidden_size": 16,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }
    places = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    return Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(text_config=text, vision_config=sight, **dict(zip(places, range(WORDS, WORDS + 4), strict=True)))
    )


def _transformer() -> MiniMaxH3Transformer3DModel:
    return MiniMaxH3Transformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        hidden_size=16,
        num_layers=2,
        num_refiner_layers=1,
        ffn_dim=16,
        in_channels=4,
        audio_in_channels=8,
        text_dim=16,
        freq_dim=8,
        time_embed_hidden_dim=16,
        time_embed_dim=16,
        rope_freq_dim=1,
    )


def _video_codec() -> AutoencoderKLMiniMaxH3:
    return AutoencoderKLMiniMaxH3(
        latent_channels=4,
        block_out_channels=(4, 4, 4, 4, 4, 4),
        layers_per_block=1,
        norm_num_groups=2,
        decoder_num_layers=1,
        decoder_num_attention_heads=2,
        decoder_attention_head_dim=16,
        latents_mean=(0.0,) * 4,
        latents_std=(1.0,) * 4,
    )


def _sound_codec() -> AutoencoderKLMiniMaxH3Audio:
    return AutoencoderKLMiniMaxH3Audio(
        encoder_dim=2,
        latent_dim=16,
        latent_channels=8,
        num_attention_heads=2,
        decoder_dim=128,
        resblock_kernel_sizes=(3,),
        resblock_dilation_sizes=((1,),),
        sampling_rate=SOUND_RATE_HZ,
        latents_mean=[0.0] * 8,
        latents_std=[1.0] * 8,
    )
