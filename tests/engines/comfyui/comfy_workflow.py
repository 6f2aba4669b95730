"""A workflow in API form as ComfyUI exports it, of a model with a first and a last frame, and a map of it."""

WORKFLOW = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "wan.safetensors"}},
    "2": {"class_type": "CLIPLoader", "inputs": {"clip_name": "umt5.bin"}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a dog", "clip": ["2", 0]}},
    "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["2", 0]}},
    "5": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "6": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "7": {"class_type": "ImageScale", "inputs": {"image": ["6", 0], "width": 64, "height": 64}},
    "8": {
        "class_type": "WanFirstLastFrameToVideo",
        "inputs": {
            "positive": ["3", 0],
            "negative": ["4", 0],
            "width": 832,
            "height": 480,
            "length": 81,
            "start_image": ["5", 0],
            "end_image": ["7", 0],
        },
    },
    "9": {
        "class_type": "KSampler",
        "_meta": {"title": "The sampler"},
        "inputs": {
            "seed": 1,
            "steps": 10,
            "cfg": 5.0,
            "model": ["1", 0],
            "positive": ["8", 0],
            "negative": ["8", 1],
            "latent_image": ["8", 2],
        },
    },
    "10": {"class_type": "VAEDecode", "inputs": {"samples": ["9", 0]}},
    "11": {"class_type": "CreateVideo", "inputs": {"images": ["10", 0], "fps": 16}},
    "12": {"class_type": "SaveVideo", "inputs": {"video": ["11", 0], "filename_prefix": "video/ComfyUI"}},
}
MAP = {
    "prompt": "3.text",
    "negative_prompt": "4.text",
    "seed": "9.seed",
    "width": "8.width",
    "height": "8.height",
    "frames": "8.length",
    "fps": "11.fps",
    "filename_prefix": "12.filename_prefix",
    "first_frame": "5.image",
    "last_frame": "6.image",
    "options": {"steps": "9.steps"},
    "result": "12",
}
