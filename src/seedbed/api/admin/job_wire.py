"""What stands on the wire about everybody's jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from seedbed.api.described import says
from seedbed.api.native.webhook_wire import DeliveryView
from seedbed.api.native.wire import GenerationView, TransferView, Wire
from seedbed.core.job import State
from seedbed.core.request import MAX_PRIORITY


class LegView(Wire, frozen=True, kw_only=True):
    engine: str
    pool: str


class JobView(Wire, frozen=True, kw_only=True):
    """A job in a list. What its owner sees of it is in `GET /jobs/{requestId}`, as `generation`."""

    request_id: str
    account_id: int
    account_name: str
    key_id: int | None
    mode: str
    dialect: str
    status: State
    model: Annotated[str, says("As the request named it.")]
    pool: str
    engine: Annotated[str | None, says("That makes it or made it.")]
    priority: int
    attempt: Annotated[int, says("How often it was given to a worker.")]
    failures: Annotated[int, says("How many attempts failed under this engine.")]
    worker: Annotated[str | None, says("That makes it now.")]
    stage: str | None
    fraction: float | None
    error_code: str | None
    credits: int
    created_at: str
    started_at: str | None
    finished_at: str | None


class JobList(Wire, frozen=True, kw_only=True):
    """Jobs, the newest first. A page may be short, or empty, although its cursor leads to more."""

    success: Literal[True] = True
    data: tuple[JobView, ...]
    cursor: Annotated[str | None, says("Leads to older ones; null at the end.")]


class JobDetails(Wire, frozen=True, kw_only=True):
    """All of a job. Its owner's secrets (the queries of URLs) are left out."""

    success: Literal[True] = True
    job: JobView
    route: Annotated[tuple[LegView, ...], says("The engines that may make it, in order.")]
    leg: Annotated[int, says("Which of them it is with, from 0.")]
    rank_at: Annotated[str, says("Its place in its lane: the earliest is next.")]
    run_at: Annotated[str, says("It is not begun before; later than its arrival if it waits to be tried again.")]
    claimed_at: Annotated[str | None, says("When the last attempt began.")]
    lease_until: Annotated[str | None, says("When its worker must have been heard of.")]
    deadline_at: str
    generation: Annotated[GenerationView, says("As its owner sees it, over whichever dialect it came.")]
    transfers: Annotated[tuple[TransferView, ...], says("What it moved of its account's credits.")]
    deliveries: Annotated[tuple[DeliveryView, ...], says("Its webhooks, with what came of each attempt.")]


class JobAnswer(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    job: JobView


class PriorityBody(Wire, frozen=True, kw_only=True):
    priority: Annotated[
        int,
        says("Among its account's jobs of that pool; each step is worth ten minutes.", minimum=0, maximum=MAX_PRIORITY),
    ]
