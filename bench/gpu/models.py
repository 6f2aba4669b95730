"""Builds the measured models with random weights, straight on their device: there is nothing to download or to read.

What a model costs does not depend on the values of its weights. Step caches are the exception, for they look at how
much changes; so they are not measured here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from accelerate import init_empty_weights
from bench.gpu.shapes import LTX, LTX_TINY, WAN, WAN_TINY
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    PreTrainedTokenizerFast,
    UMT5Config,
    UMT5EncoderModel,
)

ENDS = ("<pad>", "<eos>", "<bos>", "<unk>")


def build_ltx(device: torch.device, dtype: torch.dtype, *, is_tiny: bool) -> Any:
    """Return LTX-2.3's condition pipeline, with the scheduler of its distilled weights."""
    from diffusers import (
        AutoencoderKLLTX2Audio,
        AutoencoderKLLTX2Video,
        FlowMatchEulerDiscreteScheduler,
        LTX2ConditionPipeline,
        LTX2VideoTransformer3DModel,
    )
    from diffusers.pipelines.ltx2 import LTX2TextConnectors
    from diffusers.pipelines.ltx2.vocoder import LTX2VocoderWithBWE

    shape = LTX_TINY if is_tiny else LTX

    def made(kind: Callable[..., Any], part: str) -> Any:
        return _random(lambda: kind(**shape[part]), device, dtype)

    def text_encoder() -> Any:
        sight = {**shape["sight"], "image_size": 28, "patch_size": 14}
        return Gemma3ForConditionalGeneration(
            Gemma3Config(text_config=shape["text"], vision_config=sight, mm_tokens_per_image=4)
        )

    return LTX2ConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=made(AutoencoderKLLTX2Video, "vae"),
        audio_vae=made(AutoencoderKLLTX2Audio, "audio_vae"),
        text_encoder=_random(text_encoder, device, dtype),
        tokenizer=_tokenizer(1024),
        connectors=made(LTX2TextConnectors, "connectors"),
        transformer=made(LTX2VideoTransformer3DModel, "transformer"),
        vocoder=made(LTX2VocoderWithBWE, "vocoder"),
    )


def build_wan(device: torch.device, dtype: torch.dtype, *, is_tiny: bool) -> Any:
    """Return Wan 2.2 TI2V-5B's pipeline. Its codec has 32 bits, as in use."""
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanPipeline, WanTransformer3DModel

    shape = WAN_TINY if is_tiny else WAN
    text = UMT5Config(**shape["text"], feed_forward_proj="gated-gelu", decoder_start_token_id=0)
    return WanPipeline(
        tokenizer=_tokenizer(512),
        text_encoder=_random(lambda: UMT5EncoderModel(text), device, dtype),
        transformer=_random(lambda: WanTransformer3DModel(**shape["transformer"]), device, dtype),
        vae=_random(lambda: AutoencoderKLWan(**shape["vae"]), device, torch.float32),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=5.0
        ),
        expand_timesteps=True,
    )


def _random(make: Callable[[], Any], device: torch.device, dtype: torch.dtype) -> Any:
    """Make a model without its weights, and fill them where they are to be. Buffers are the model's own."""
    with init_empty_weights(include_buffers=False):
        model = make()
    for module in model.modules():
        for name, weights in module.named_parameters(recurse=False):
            values = torch.empty(weights.shape, device=device, dtype=dtype)
            values = values.normal_(std=0.02) if weights.ndim > 1 else values.fill_(1.0 if "weight" in name else 0.0)
            setattr(module, name, torch.nn.Parameter(values, requires_grad=False))
    if tie := getattr(model, "tie_weights", None):
        tie()  # a text model's words have one table for both ends
    return model.to(device).eval()


def _tokenizer(length: int) -> PreTrainedTokenizerFast:
    """Return one that takes every byte for a token."""
    words = [*ENDS, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = dict(zip(("pad_token", "eos_token", "bos_token", "unk_token"), ENDS, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, padding_side="left", model_max_length=length, **names)
