"""One job in each state and one refusal of each kind, made up: the documents' examples are what is answered to these.

So an example is written by the code that answers, and cannot fall behind it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from seedbed.core import errors
from seedbed.core.engine import Stage
from seedbed.core.errors import Refusal
from seedbed.core.job import DEFAULT_POOL, ID_PREFIX, Failure, Job, Output, Progress, QueuePlace, Spent, State
from seedbed.core.references import Reference, Role
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio, Size

REQUEST_ID = "4b7d2c90e1f35a68b0c4d7e2"
PROMPT = "A fox in the snow, slow push in."
PICTURE_URL = "https://example.com/fox.jpg"
PLACE = QueuePlace(position=2, eta_s=40)
_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_FOLDER = "jobs/fox/1"

QUEUED = Job(
    id=ID_PREFIX + "8f14e45fceea167a5a36dedd4bea2543",
    account_id=1,
    is_live=True,
    dialect="native",
    pool=DEFAULT_POOL,
    state=State.QUEUED,
    request=GenerationRequest(
        model="seedance-2.0",
        prompt=PROMPT,
        references=(Reference(PICTURE_URL, Role.FIRST_FRAME, "mediaUrls[0]"),),
        aspect_ratio=AspectRatio.WIDE,
        seed=4192837465,
        metadata={"projectId": "winter"},
    ),
    aspect_ratio=AspectRatio.WIDE,
    charged_credits=64,
    created_at=_AT,
    deadline_at=_AT + timedelta(days=2),
)
PROCESSING = replace(
    QUEUED,
    state=State.PROCESSING,
    attempt=1,
    version=2,
    progress=Progress(Stage.RENDERING, 0.4),
    has_preview=True,
    started_at=_AT + timedelta(seconds=3),
)
SUCCEEDED = replace(
    PROCESSING,
    state=State.SUCCEEDED,
    version=3,
    engine="animatic",
    output=Output(
        key=f"{_FOLDER}/result.mp4",
        size=Size(1280, 720),
        frames=121,
        fps=24,
        size_bytes=3_481_604,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        last_frame_key=f"{_FOLDER}/last-frame.png",
        spent=(
            Spent(Stage.FETCHING, 640),
            Spent(Stage.PREPARING, 2210),
            Spent(Stage.RENDERING, 21_900),
            Spent(Stage.FINISHING, 3050),
            Spent(Stage.STORING, 120),
        ),
    ),
    finished_at=_AT + timedelta(seconds=31),
)
FAILED = replace(
    PROCESSING,
    state=State.FAILED,
    version=3,
    refunded_credits=64,
    failure=Failure("media_unreachable", "mediaUrls[0] (example.com): it answered 404"),
    finished_at=_AT + timedelta(seconds=5),
)
CANCELLED = replace(
    PROCESSING, state=State.CANCELLED, version=3, refunded_credits=64, finished_at=_AT + timedelta(seconds=9)
)
JOBS: tuple[Job, ...] = (QUEUED, PROCESSING, SUCCEEDED, FAILED, CANCELLED)

# By name; what is said of a field or of an id differs, and is each dialect's own.
REFUSALS: dict[str, Refusal] = {
    "invalid_json": errors.InvalidJson("The body is not valid JSON: unexpected character at line 3, column 12."),
    "unauthorized": errors.Unauthorized(),
    "insufficient_credits": errors.InsufficientCredits(needed_credits=64, available_credits=40),
    "spending_cap": errors.SpendingCapReached(
        needed_credits=64, cap_credits=1000, charged_credits=960, begins_anew=date(2026, 12, 1)
    ),
    "forbidden": errors.Forbidden("generate"),
    "account_disabled": errors.AccountDisabled(),
    "not_admitted": errors.NotAdmitted("ada@example.org belongs to no group that may use this service."),
    "method_not_allowed": errors.MethodNotAllowed("PUT", ("GET", "POST")),
    "not_cancellable": errors.NotCancellable("succeeded"),
    "wrong_state": errors.WrongState("succeeded", "cannot be queued again; its owner may rerun it"),
    "idempotency_in_flight": errors.IdempotencyInFlight(),
    "gone": errors.Gone("This result is past its retention and was deleted."),
    "too_large": errors.TooLarge("A JSON body without data: URIs", limit_bytes=1_000_000),
    "unsupported_media_type": errors.UnsupportedMediaType(
        "The body must be JSON in UTF-8: send Content-Type: application/json; got text/plain."
    ),
    "range_not_satisfiable": errors.RangeNotSatisfiable(size_bytes=3_481_604),
    "idempotency_mismatch": errors.IdempotencyMismatch(),
    "rate_limited": errors.RateLimited(retry_after_s=3),
    "queue_full": errors.QueueFull(limit_jobs=1000, retry_after_s=20),
    "internal_error": errors.InternalError(),
    "unavailable": errors.Unavailable("The database does not answer at the moment; try again shortly."),
    "maintenance": errors.UnderMaintenance("New disks until four. What you have ordered goes on.", ends_in_s=3600),
}
