"""What the servers that speak `/v1/videos` do differently, as data: a row each, and no branch elsewhere by name.

Where a value goes is a dotted path: `extra_params.task` is the member `task` of the object `extra_params`.
Sources: the projects' own documents and code of August to October 2026; each row names its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from seedbed.core.references import Kind, Role

FRAMES = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME})


class Way(StrEnum):
    """How a reference travels. An address goes only if the reference has a public one; else it goes as data."""

    FILE = "file"
    URL = "url"
    DATA = "data"


class Shape(StrEnum):
    """In which members references stand."""

    SINGLE = "single"  # one picture: a file `input_reference`, or an address in `url_field`
    TYPED = "typed"  # image_reference {"image_url"}, video_reference, audio_reference: one object, or a list of them
    MIXED = "mixed"  # files all in `input_references`, in order; as addresses, typed
    CONDITIONS = "conditions"  # [{"type", "uri", "role": keyframe | reference, "frame_index"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """One kind of server.

    `fields`: our value -> where it goes (`request.values_of`). `options`: an option of the request -> where it goes.
    `roles` and `most_of` are what its API can carry; the model behind it may have use of fewer.
    """

    is_form: bool  # multipart even without a file
    shape: Shape
    ways: tuple[Way, ...]  # the first is what is done unless the operator says otherwise
    fields: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    url_field: str = "input_reference"
    url_is_text: bool = False  # not an object with `image_url`
    roles: frozenset[Role] = frozenset({Role.FIRST_FRAME})
    most_of: Mapping[Kind, int] = field(default_factory=lambda: {Kind.IMAGE: 1})
    mixes_frames: bool = True  # first and last frame may stand beside references
    sound_needs_sight: bool = False  # a sound alone is refused
    last_needs_first: bool = True  # a last frame alone cannot be said
    needs_model: bool = False  # without one it takes one of its own, or refuses; the others serve a single one
    progress_is_real: bool = False  # else it is 0 until it is 100
    tells_running: bool = True  # else a video is `queued` until it is there
    delete_aborts: bool = False  # DELETE stops the work, too; else it only forgets it
    is_idempotent: bool = False  # an order with the same Idempotency-Key is the same order
    bills: bool = False
    makes_audio: bool = False
    prompt_form: str = "plain"  # how its model is told which reference is meant (`core.prompt_forms`)
    health: str = "/health"
    address_field: str | None = None  # the member that says where else the video lies, if it lies elsewhere


_PLAIN = {"size": "size", "seconds_text": "seconds"}
_DIFFUSION = {
    "steps": "num_inference_steps",
    "guidance": "guidance_scale",
    "guidance_2": "guidance_scale_2",
    "true_cfg_scale": "true_cfg_scale",
    "negative_prompt": "negative_prompt",
}
_SHIFT = {"flow_shift": "flow_shift", "boundary_ratio": "boundary_ratio", "quality": "quality"}
_H3_MOST = {Kind.IMAGE: 9, Kind.VIDEO: 3, Kind.AUDIO: 3}

FLAVOURS: dict[str, Flavour] = {
    # developers.openai.com, API reference, Videos. The official client sends a form, file or not.
    "openai": Flavour(
        is_form=True,
        shape=Shape.SINGLE,
        ways=(Way.FILE, Way.URL, Way.DATA),
        fields=_PLAIN,
        needs_model=True,
        progress_is_real=True,
        bills=True,
        health="/v1/models",
    ),
    # Our own OpenAI dialect. It refuses members that it does not know.
    "seedbed": Flavour(
        prompt_form="as_it_is",  # its own engine does that
        is_form=True,
        shape=Shape.SINGLE,
        ways=(Way.FILE, Way.URL, Way.DATA),
        fields=_PLAIN | {"seed": "seed", "audio": "generate_audio"},
        needs_model=True,
        progress_is_real=True,
        delete_aborts=True,
        is_idempotent=True,
        bills=True,
        makes_audio=True,
        health="/v1/videos?limit=1",
    ),
    # litellm/proxy/video_endpoints/endpoints.py, docs.litellm.ai/docs/videos: hands on to somebody who bills.
    "litellm": Flavour(
        is_form=True,
        shape=Shape.SINGLE,
        ways=(Way.FILE,),
        fields=_PLAIN,
        needs_model=True,
        progress_is_real=True,
        bills=True,
        health="/v1/models",
    ),
    # vllm-omni docs/serving/videos_api.md, entrypoints/openai/protocol/videos.py. DELETE aborts within 2 s, and a
    # pipeline without step execution drains its step first.
    "vllm-omni": Flavour(
        is_form=True,
        shape=Shape.TYPED,
        ways=(Way.FILE, Way.URL, Way.DATA),
        fields=_PLAIN | {"fps": "fps", "frames": "num_frames", "seed": "seed", "audio": "generate_sound"},
        options=_DIFFUSION | _SHIFT | {"lora": "lora"},
        roles=frozenset({Role.FIRST_FRAME, Role.REFERENCE_VIDEO, Role.REFERENCE_AUDIO}),
        most_of={Kind.IMAGE: 1, Kind.VIDEO: 1, Kind.AUDIO: 1},
        delete_aborts=True,
    ),
    # vllm-omni recipes/MiniMaxAI/MiniMax-H3.md: either frames or references; the canvas is 768 px at its short side.
    "vllm-omni-h3": Flavour(
        prompt_form="minimax_h3",
        is_form=True,
        shape=Shape.MIXED,
        ways=(Way.FILE, Way.URL, Way.DATA),
        fields={
            "task": "extra_params.task",
            "seconds": "extra_params.duration",
            "frame_indices": "extra_params.frame_indices",
            "aspect_ratio": "aspect_ratio",
            "asked_width": "width",
            "asked_height": "height",
            "fps": "fps",
            "seed": "seed",
        },
        options=_DIFFUSION | _SHIFT | {"lora": "lora", "audio_flow_shift": "extra_params.audio_flow_shift"},
        roles=frozenset(Role),
        most_of=_H3_MOST,
        mixes_frames=False,
        sound_needs_sight=True,
        last_needs_first=False,
        delete_aborts=True,
        makes_audio=True,
    ),
    # sglang multimodal_gen/runtime/entrypoints/openai/{video_api,protocol}.py, docs sglang-diffusion/api/openai_api.
    # A video is `queued` and 0 % until it is there, and DELETE only forgets it: aborting one is not supported yet.
    "sglang": Flavour(
        is_form=False,
        shape=Shape.SINGLE,
        ways=(Way.DATA, Way.URL, Way.FILE),
        url_field="reference_url",
        url_is_text=True,
        fields={"size": "size", "seconds": "seconds", "fps": "fps", "frames": "num_frames", "seed": "seed"},
        options=_DIFFUSION,
        tells_running=False,
        address_field="url",  # where it was uploaded to, if the server is set up so; its own copy is deleted then
    ),
    # docs.sglang.io/cookbook/diffusion/MiniMax/MiniMax-H3, .../minimax_h3/request_validation.py; frames beside
    # references since sgl-project/sglang#36080.
    "sglang-h3": Flavour(
        prompt_form="minimax_h3",
        is_form=False,
        shape=Shape.CONDITIONS,
        ways=(Way.DATA, Way.URL),
        fields={
            "task": "task",
            "seconds": "target.duration_seconds",
            "short_edge": "target.short_edge",
            "ratio_or_auto": "target.aspect_ratio",
            "seed": "seed",
        },
        options={
            "steps": "num_inference_steps",
            "flow_shift": "flow_shift",
            "audio_flow_shift": "audio_flow_shift",
            "quality": "quality",
        },
        roles=frozenset(Role),
        most_of=_H3_MOST,
        sound_needs_sight=True,
        last_needs_first=False,
        tells_running=False,
        makes_audio=True,
        address_field="url",
    ),
    # fastvideo/entrypoints/openai/{video_api,protocol,request_adapter}.py: vLLM-Omni's members, as JSON. DELETE drops a
    # queued video; one that is being made runs on.
    "fastvideo": Flavour(
        is_form=False,
        shape=Shape.TYPED,
        ways=(Way.DATA, Way.URL),
        fields=_PLAIN | {"fps": "fps", "frames": "num_frames", "seed": "seed"},
        options=_DIFFUSION | _SHIFT | {"lora": "lora"},
        roles=frozenset(Role),
        most_of=_H3_MOST,
    ),
}
