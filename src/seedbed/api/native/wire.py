"""What stands on the wire in the native dialect: the fields of requests and answers, under their documented names.

The OpenAPI document is built from these types. They live at the edge only; inside, requests are `core.request` values.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from seedbed.api.described import says as _says
from seedbed.core.credits import TransferKind
from seedbed.core.engine import Stage
from seedbed.core.job import State
from seedbed.core.models import MODELS, NATIVE_ASPECT_RATIOS
from seedbed.core.references import MAX_REFERENCES, Role
from seedbed.core.request import (
    DEFAULT_EXPIRES_AFTER_S,
    EXPIRES_AFTER_S,
    MAX_METADATA_BYTES,
    MAX_PRIORITY,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
)
from seedbed.core.sizes import AspectRatio, Resolution


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """A wire type: camelCase outside, snake_case inside."""


class ReferenceBody(Wire, frozen=True, kw_only=True):
    url: Annotated[str, _says("A public HTTPS URL, an asset:// URL of an upload, or a base64 data: URI.")]
    role: Annotated[
        str | None, _says("What it is for; without it, count, kinds and prompt decide.", enum=[*Role, None])
    ] = None


class GenerationBody(Wire, frozen=True, kw_only=True):
    """The body of a new generation. null means the same as leaving a field out."""

    model: Annotated[str, _says("One of GET /models.", examples=list(MODELS))]
    prompt: Annotated[
        str, _says("What to show; trimmed.", minLength=1, maxLength=MAX_PROMPT_CHARACTERS, examples=["A red fox."])
    ]
    media_urls: Annotated[
        list[str] | None,
        _says(
            "Pictures, videos and sounds by URL. Absent: text to video. Not together with `references`.",
            minItems=1,
            maxItems=MAX_REFERENCES,
        ),
    ] = None
    references: Annotated[
        list[ReferenceBody] | None,
        _says("Instead of `mediaUrls`, with explicit roles.", minItems=1, maxItems=MAX_REFERENCES),
    ] = None
    aspect_ratio: Annotated[
        str | None, _says("Default: the nearest to the first picture, else 16:9.", enum=[*NATIVE_ASPECT_RATIOS, None])
    ] = None
    duration: Annotated[
        int | None, _says("Seconds. seedance-2.0 and -fast: 4 to 15; seedance-1.5-pro: 5 or 10. Default: 5.")
    ] = None
    resolution: Annotated[str | None, _says("Default: 720p.", enum=[*Resolution, None])] = None
    seed: Annotated[int | None, _says("Default: one is chosen and echoed.", minimum=0, maximum=MAX_SEED)] = None
    generate_audio: Annotated[bool | None, _says("Whether to make sound. Default: true.")] = None
    return_last_frame: Annotated[bool | None, _says("Also keep the last frame as a PNG. Default: false.")] = None
    priority: Annotated[
        int | None, _says("Among your own waiting jobs; higher is sooner. Default: 0.", minimum=0, maximum=MAX_PRIORITY)
    ] = None
    expires_after: Annotated[
        int | None,
        _says(
            f"Seconds after which an unfinished job fails as `expired`. Default: {DEFAULT_EXPIRES_AFTER_S}.",
            minimum=EXPIRES_AFTER_S[0],
            maximum=EXPIRES_AFTER_S[-1],
        ),
    ] = None
    webhook_url: Annotated[str | None, _says("Gets the final result, signed by Standard Webhooks 1.0.")] = None
    metadata: Annotated[dict[str, Any] | None, _says(f"Yours; echoed. At most {MAX_METADATA_BYTES} bytes as JSON.")] = (
        None
    )
    engine_options: Annotated[
        dict[str, Any] | None, _says("What the model lets you say to its engine: see `engineOptions` of GET /models.")
    ] = None


class Created(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    request_id: str
    status: State
    credits_charged: int
    warnings: tuple[str, ...] | UnsetType = UNSET


class Cancelled(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    request_id: str
    status: Literal["cancelled"] = "cancelled"


class OutputView(Wire, frozen=True, kw_only=True):
    type: Literal["video"]
    url: str
    last_frame_url: str | UnsetType = UNSET
    width: int
    height: int
    frames: int
    fps: int
    size_bytes: int
    sha256: str


class FailureView(Wire, frozen=True, kw_only=True):
    code: str
    message: str


class ProgressView(Wire, frozen=True, kw_only=True):
    stage: Stage
    fraction: Annotated[float, Meta(ge=0, le=1)]
    preview_url: Annotated[
        str | UnsetType, _says("A small JPEG of what is being made; it changes, and is there while this goes on.")
    ] = UNSET


class QueueView(Wire, frozen=True, kw_only=True):
    """Estimates, up to 2 s old."""

    position: Annotated[int, Meta(ge=1)]
    eta_seconds: Annotated[int, Meta(ge=0)]


class EngineAttemptView(Wire, frozen=True, kw_only=True):
    engine: str
    code: str
    at: str


class StageView(Wire, frozen=True, kw_only=True):
    stage: Stage
    seconds: Annotated[float, Meta(ge=0)]


class ReferenceView(Wire, frozen=True, kw_only=True):
    url: Annotated[str, _says("As the request named it, without its query.")]
    role: Role


class GenerationView(Wire, frozen=True, kw_only=True):
    """A generation as GET and the webhook show it (`core.native_view`)."""

    success: Literal[True]
    request_id: str
    status: State
    model: str
    prompt: str
    duration: int
    aspect_ratio: AspectRatio | None
    output: OutputView | None
    error: FailureView | None
    resolution: Resolution
    seed: int
    credits_charged: int
    credits_refunded: int
    metadata: dict[str, Any] | None
    engine: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    livemode: bool
    progress: ProgressView | UnsetType = UNSET
    queue: QueueView | UnsetType = UNSET
    references: tuple[ReferenceView, ...] | UnsetType = UNSET
    shot_plan: dict[str, Any] | UnsetType = UNSET
    attempts: Annotated[tuple[EngineAttemptView, ...] | UnsetType, _says("Those that failed, the first one first.")] = (
        UNSET
    )
    stages: Annotated[
        tuple[StageView, ...] | UnsetType, _says("How long the attempt that made the video was at each stage.")
    ] = UNSET
    engine_input: Annotated[
        dict[str, Any] | UnsetType, _says("What the model was told in place of the request, as its engine has it.")
    ] = UNSET
    warnings: tuple[str, ...] | UnsetType = UNSET


class Generations(Wire, frozen=True, kw_only=True):
    """A page of generations, the newest first. `cursor` leads to older ones; null at the end."""

    success: Literal[True] = True
    data: tuple[GenerationView, ...]
    cursor: str | None


class Estimate(Wire, frozen=True, kw_only=True):
    """What a generation would cost, and what of the request decides it."""

    success: Literal[True] = True
    credits: Annotated[int, _says("The whole price.")]
    available: Annotated[int, _says("Credits that the account has to spend now.")]
    model: str
    duration: int
    resolution: Resolution
    aspect_ratio: Annotated[AspectRatio | None, _says("null: the nearest to the first picture.")]
    livemode: bool
    warnings: tuple[str, ...] | UnsetType = UNSET


class ReferenceLimits(Wire, frozen=True, kw_only=True):
    """What is taken of one kind."""

    formats: tuple[str, ...]
    max_bytes: int
    min_side: Annotated[int | UnsetType, _says("Pixels; pictures and videos.")] = UNSET
    max_side: int | UnsetType = UNSET
    min_ratio: Annotated[float | UnsetType, _says("Width through height; pictures and videos.")] = UNSET
    max_ratio: float | UnsetType = UNSET
    min_seconds: Annotated[float | UnsetType, _says("Videos and sounds.")] = UNSET
    max_seconds: float | UnsetType = UNSET
    total_seconds: Annotated[float | UnsetType, _says("Of all of this kind in one request.")] = UNSET


class ReferencesView(Wire, frozen=True, kw_only=True):
    max: int
    roles: tuple[Role, ...]
    image: ReferenceLimits
    video: ReferenceLimits
    audio: ReferenceLimits


class PricingView(Wire, frozen=True, kw_only=True):
    """Credits per second without media, by resolution. The total is rounded up to a whole credit."""

    unit: Literal["credits"] = "credits"
    per_second: dict[str, float]
    media_factor: float


class ModelView(Wire, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    durations: tuple[int, ...]
    aspect_ratios: tuple[AspectRatio, ...]
    resolutions: tuple[Resolution, ...]
    sizes: dict[str, dict[str, str]]
    modes: tuple[str, ...]
    references: ReferencesView
    pricing: PricingView
    engine: Annotated[str | None, _says("What makes its videos here now; null while no worker is alive.")]
    engine_options: Annotated[
        dict[str, Any] | UnsetType, _says("The JSON schema of `engineOptions`; absent: it takes none.")
    ] = UNSET


class Models(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    data: tuple[ModelView, ...]


class TransferView(Wire, frozen=True, kw_only=True):
    """One line of the ledger: what it changed of `available` and of `held`, in whole credits."""

    id: str
    kind: TransferKind
    available_change: int
    held_change: int
    request_id: str | None
    note: str | None
    at: str


class Credits(Wire, frozen=True, kw_only=True):
    """Whole credits: `available` to spend, `held` for open jobs.

    With `limit` or `cursor` also a page of the ledger, the newest first; its `cursor` leads to older lines, null at the
    end.
    """

    success: Literal[True] = True
    available: int
    held: int
    livemode: bool
    ledger: tuple[TransferView, ...] | UnsetType = UNSET
    cursor: str | UnsetType | None = UNSET


class UsageLine(Wire, frozen=True, kw_only=True):
    """Ended generations of one day, model, key and project. `seconds` and `credits` are those of succeeded ones."""

    day: str
    model: str
    key_id: int | None
    key_name: str | None
    project_id: Annotated[str | None, _says("metadata.projectId of the generations.")]
    succeeded: int
    failed: int
    cancelled: int
    seconds: int
    credits: int


class Usage(Wire, frozen=True, kw_only=True):
    """What was used on these days of UTC, both included."""

    success: Literal[True] = True
    from_: str = msgspec.field(name="from")
    to: str
    data: tuple[UsageLine, ...]
    livemode: bool


class Uploaded(Wire, frozen=True, kw_only=True):
    """An upload. `url` goes into `mediaUrls` or `references` until `expiresAt`."""

    success: Literal[True] = True
    url: str
    kind: Literal["image", "video", "audio"]
    format: str
    size_bytes: int
    expires_at: str


class ErrorView(Wire, frozen=True, kw_only=True):
    code: str
    message: str
    param: str | UnsetType = UNSET
    needed: Annotated[int | UnsetType, _says("Credits (insufficient_credits).")] = UNSET
    available: Annotated[int | UnsetType, _says("Credits (insufficient_credits).")] = UNSET


class Refused(Wire, frozen=True, kw_only=True):
    success: Literal[False] = False
    error: ErrorView
