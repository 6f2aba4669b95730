"""The shapes of the measured models: what is needed to build them with random weights, and the same in miniature.

Sources: LTX-2.3, the library's own presets for converting its checkpoint; Wan 2.2 TI2V-5B, its `config.json` files;
Gemma 3 12B and UMT5-XXL, theirs. What is not named here is the library's default. A shape is nothing but keyword
arguments of the library's classes, by component.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, dict[str, Any]]

_LTX_BOTH = {
    "gated_attn": True,
    "cross_attn_mod": True,
    "audio_gated_attn": True,
    "audio_cross_attn_mod": True,
    "rope_type": "split",
    "use_prompt_embeddings": False,
    "perturbed_attn": True,
}
_LTX_CONNECTORS_BOTH = {
    "video_gated_attn": True,
    "audio_gated_attn": True,
    "rope_type": "split",
    "per_modality_projections": True,
    "proj_bias": True,
}
_LTX_CODEC_BOTH = {
    "decoder_spatio_temporal_scaling": (True,) * 4,
    "decoder_inject_noise": (False,) * 5,
    "upsample_type": ("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
    "upsample_residual": (False,) * 4,
    "upsample_factor": (2, 2, 1, 2),
    "decoder_causal": False,
    "decoder_spatial_padding_mode": "zeros",
    "spatial_compression_ratio": 32,
    "temporal_compression_ratio": 8,
}
LTX: Shape = {
    "transformer": _LTX_BOTH,
    "connectors": {
        **_LTX_CONNECTORS_BOTH,
        "video_connector_num_attention_heads": 32,
        "video_connector_num_layers": 8,
        "audio_connector_num_attention_heads": 32,
        "audio_connector_attention_head_dim": 64,
        "audio_connector_num_layers": 8,
    },
    "vae": {
        **_LTX_CODEC_BOTH,
        "block_out_channels": (256, 512, 1024, 1024),
        "decoder_block_out_channels": (256, 512, 512, 1024),
        "layers_per_block": (4, 6, 4, 2, 2),
        "decoder_layers_per_block": (4, 6, 4, 2, 2),
    },
    "audio_vae": {},
    "vocoder": {},
    "text": {
        "vocab_size": 262_208,
        "hidden_size": 3840,
        "intermediate_size": 15_360,
        "num_hidden_layers": 48,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 256,
        "sliding_window": 1024,
    },
    # The part that sees pictures is never run; it is small in both.
    "sight": {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},
}
LTX_TINY: Shape = {
    "transformer": {
        **_LTX_BOTH,
        "in_channels": 4,
        "out_channels": 4,
        "num_attention_heads": 2,
        "attention_head_dim": 8,
        "cross_attention_dim": 16,
        "audio_in_channels": 4,
        "audio_out_channels": 4,
        "audio_num_attention_heads": 2,
        "audio_attention_head_dim": 4,
        "audio_cross_attention_dim": 8,
        "num_layers": 2,
        "caption_channels": 16,
    },
    "connectors": {
        **_LTX_CONNECTORS_BOTH,
        "caption_channels": 16,
        "text_proj_in_factor": 3,
        "video_connector_num_attention_heads": 2,
        "video_connector_attention_head_dim": 8,
        "video_connector_num_layers": 1,
        "audio_connector_num_attention_heads": 2,
        "audio_connector_attention_head_dim": 4,
        "audio_connector_num_layers": 1,
        "video_hidden_dim": 16,
        "audio_hidden_dim": 8,
    },
    "vae": {
        **_LTX_CODEC_BOTH,
        "latent_channels": 4,
        "block_out_channels": (8, 8, 8, 8),
        "decoder_block_out_channels": (4, 8, 8, 16),
        "layers_per_block": (1, 1, 1, 1, 1),
        "decoder_layers_per_block": (1, 1, 1, 1, 1),
    },
    "audio_vae": {
        "base_channels": 4,
        "ch_mult": (1, 1, 1),
        "num_res_blocks": 1,
        "resolution": 32,
        "latent_channels": 2,
        "mel_bins": 8,
    },
    "vocoder": {
        "in_channels": 16,
        "hidden_channels": 64,
        "bwe_in_channels": 16,
        "bwe_hidden_channels": 32,
        "num_mel_channels": 8,
    },
    "text": {
        "vocab_size": 260,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
    },
    "sight": LTX["sight"],
}

_WAN_CODEC_BOTH = {
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "is_residual": True,
}
WAN: Shape = {
    "transformer": {
        "num_attention_heads": 24,
        "in_channels": 48,
        "out_channels": 48,
        "ffn_dim": 14_336,
        "num_layers": 30,
    },
    # The spread of the latents is the model's own, and changes no time.
    "vae": {
        **_WAN_CODEC_BOTH,
        "base_dim": 160,
        "decoder_base_dim": 256,
        "z_dim": 48,
        "latents_mean": [0.0] * 48,
        "latents_std": [1.0] * 48,
    },
    "text": {"vocab_size": 256_384, "d_model": 4096, "d_kv": 64, "d_ff": 10_240, "num_layers": 24, "num_heads": 64},
}
WAN_TINY: Shape = {
    "transformer": {
        "num_attention_heads": 2,
        "attention_head_dim": 12,
        "in_channels": 8,
        "out_channels": 8,
        "ffn_dim": 32,
        "num_layers": 2,
        "text_dim": 16,
        "freq_dim": 16,
    },
    "vae": {
        **_WAN_CODEC_BOTH,
        "base_dim": 4,
        "z_dim": 8,
        "latents_mean": [0.0] * 8,
        "latents_std": [1.0] * 8,
    },
    "text": {"vocab_size": 260, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2},
}
