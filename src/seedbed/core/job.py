"""A job: one accepted request on its way to a video, and the only steps it may take.

`attempt` fences: it grows with every claim, and whoever writes must name the attempt it holds. `failures` is the retry
budget under one engine, of which a hand-back at shutdown costs none; `kills` counts those failures under which an
engine's process died.
Money moves only with the step that wins, in the same commit (`actions`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.errors import IllegalMove
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio, Size

ID_PREFIX = "req_"
ID_ENTROPY_BYTES = 16
DEFAULT_POOL = "default"  # of the embedded engine


class State(StrEnum):
    QUEUED = "queued"  # waiting; credits held
    PROCESSING = "processing"  # leased by exactly one worker
    SUCCEEDED = "succeeded"  # video stored, hold captured
    FAILED = "failed"  # gave up, hold released
    CANCELLED = "cancelled"  # stopped by its owner, hold released

    @property
    def is_final(self) -> bool:
        return not MOVES[self]


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.PROCESSING, State.CANCELLED, State.FAILED}),  # FAILED: expired
    # QUEUED: the lease was lost, the worker handed back, or a failure is tried again
    State.PROCESSING: frozenset({State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Progress:
    stage: Stage
    fraction: float


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Estimates for a queued job: how many are before it (1 = next), and the seconds until it begins."""

    position: int
    eta_s: int


@dataclass(frozen=True, slots=True)
class Leg:
    """One engine that is to make a job, and the pool of workers that have it."""

    engine: str
    pool: str


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt that failed: under which engine, with which code, and when."""

    engine: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: a code of CONTRACT 1.8 and a sentence for its owner."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Spent:
    """How long the attempt that made a video was at one stage, by its worker's own clock."""

    stage: Stage
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The stored result. `key` is its place in the blob store, fenced by attempt; it is never shown."""

    key: str
    size: Size
    frames: int
    fps: int
    size_bytes: int
    sha256: str
    last_frame_key: str | None = None
    spent: tuple[Spent, ...] = ()  # in the order of the work; none: an earlier release made it


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    account_id: int
    is_live: bool
    dialect: str
    pool: str
    state: State
    request: GenerationRequest
    aspect_ratio: AspectRatio | None  # None until the worker has seen the first picture
    charged_credits: int
    refunded_credits: int = 0
    api_key_id: int | None = None  # None: no key asked for it, or it is not known any more
    route: tuple[Leg, ...] = ()  # the engines that may make it, in order; none: whichever its pool has
    leg: int = 0  # which of them it is with
    tried: tuple[Try, ...] = ()  # what went wrong so far
    memory: dict[str, Any] | None = None  # what its engine remembered of work that goes on elsewhere
    sent: dict[str, Any] | None = None  # what the model was told in place of the request
    estimate_ms: int = 1  # what its lane is charged at a claim (core.fairness)
    attempt: int = 0
    failures: int = 0
    kills: int = 0
    version: int = 1  # grows with every change that its owner can see, progress apart
    progress: Progress | None = None
    has_preview: bool = False  # this attempt has stored one; it is under `preview_key` while the job is in progress
    engine: str | None = None
    shot_plan: dict[str, Any] | None = None
    warnings: tuple[str, ...] = field(default=())
    output: Output | None = None
    failure: Failure | None = None
    created_at: datetime
    deadline_at: datetime
    started_at: datetime | None = None  # when the first attempt began
    claimed_at: datetime | None = None  # when the last one did
    finished_at: datetime | None = None


def make_job_id(entropy: bytes) -> str:
    """Return a request id from 16 random bytes. It is the capability to its result: it must not be guessable."""
    if len(entropy) < ID_ENTROPY_BYTES:
        raise ValueError(f"A request id needs {ID_ENTROPY_BYTES} random bytes.")
    return ID_PREFIX + entropy[:ID_ENTROPY_BYTES].hex()


def preview_key(job: Job) -> str:
    """Return where the bytes of a preview by the job's attempt are."""
    return f"jobs/{job.id}/{job.attempt}/preview.jpg"


def move(job: Job, to: State, *, at: datetime) -> Job:
    """Return the job in its new state. Moves no credits.

    Raises IllegalMove if the job is final or the step is not in MOVES.
    """
    if to not in MOVES[job.state]:
        raise IllegalMove(job.state, to)
    match to:
        case State.PROCESSING:
            return replace(job, state=to, attempt=job.attempt + 1, started_at=job.started_at or at, claimed_at=at)
        case State.QUEUED:
            return replace(job, state=to, progress=None)
        case _:
            return replace(job, state=to, finished_at=at)
