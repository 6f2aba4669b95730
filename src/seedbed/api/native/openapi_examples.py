"""What the native dialect takes and answers, for example: by operation, under names that a reader can choose from.

Answers are made of the specimens by the code that makes real ones, or are values of the wire types.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from seedbed.api.cursors import cursor_of
from seedbed.api.event_stream import event
from seedbed.api.native.catalogue import model_view
from seedbed.api.native.listening import heard_event
from seedbed.api.native.moments import shown
from seedbed.api.native.usage import COLUMNS
from seedbed.api.native.webhook_wire import (
    AttemptView,
    Deliveries,
    DeliveryView,
    Endpoints,
    EndpointView,
    Heard,
    Redelivered,
    RetiringSecret,
    SwitchedOn,
    WebhookSecrets,
)
from seedbed.api.native.wire import (
    Cancelled,
    Created,
    Credits,
    Estimate,
    Models,
    TransferView,
    Uploaded,
    Usage,
    UsageLine,
)
from seedbed.api.specimens import JOBS, PICTURE_URL, PLACE, PROCESSING, PROMPT, QUEUED, SUCCEEDED
from seedbed.core.credits import TransferKind
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.job import Job, State
from seedbed.core.limits import MediaLimits
from seedbed.core.models import MODELS
from seedbed.core.native_view import native_view
from seedbed.core.pricing import DEFAULT_TARIFF
from seedbed.core.signing import SECRET_PREFIX, signature_headers
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.core.webhooks import DeliveryState, StopReason, webhook_body

BASE_URL = "https://videos.example.com"
HOOK_URL = "https://example.com/hooks/seedbed"
DELIVERY_ID = "msg_" + "2c9d1e" * 5 + "a0"
ASSET_URL = "asset://ast_" + "7a3e" * 8
_SECRETS = tuple(
    SECRET_PREFIX + base64.b64encode(text).decode()
    for text in (b"the new example secret!!", b"the old example secret!!")
)
_CREATED_AT, _ENDED_AT = shown(SUCCEEDED.created_at), shown(SUCCEEDED.finished_at or SUCCEEDED.created_at)
_CURSOR = cursor_of([4711, "9c1e5a0b7d3f2468"])
_PLACE = cursor_of([_ENDED_AT, SUCCEEDED.id, "51d0c8a97e24b36f"])

_TEXT_TO_VIDEO = {"model": "seedance-2.0", "prompt": PROMPT}
_IMAGE_TO_VIDEO = _TEXT_TO_VIDEO | {
    "mediaUrls": [PICTURE_URL],
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p",
}
_WITH_ROLES = {
    "model": "seedance-2.0",
    "prompt": "The fox of @Image1 runs to the rhythm of @Audio1.",
    "references": [
        {"url": ASSET_URL, "role": "reference_image"},
        {"url": "https://example.com/drums.mp3", "role": "reference_audio"},
    ],
    "duration": 10,
    "webhookUrl": HOOK_URL,
    "metadata": {"projectId": "winter"},
}
BODIES: dict[str, dict[str, Any]] = {
    "createGeneration": {
        "text to video": _TEXT_TO_VIDEO,
        "image to video": _IMAGE_TO_VIDEO,
        "explicit roles": _WITH_ROLES,
    },
    "rerunGeneration": {"the same in full size": {"resolution": "1080p"}, "with another seed": {"seed": 7}},
    "estimateGeneration": {"image to video": _IMAGE_TO_VIDEO},
    "rotateWebhookSecret": {"one day for both": {"overlapSeconds": 86_400}, "leaked": {"overlapSeconds": 0}},
    "switchWebhookEndpointOn": {"an address": {"url": HOOK_URL}},
    "upload": {"a picture": {"file": "(the bytes of fox.jpg)"}},
}


REFUSALS = {
    "invalid_request": InvalidRequest("duration must be 4 to 15 seconds for seedance-2.0; got 20.", param="duration"),
    "missing_field": InvalidRequest("prompt is required.", param="prompt"),
    "wrong_query": InvalidRequest("limit must be a whole number from 1 to 100; got '0'.", param="limit"),
    "wrong_wait": InvalidRequest("wait must be a whole number of seconds from 0 to 30; got 'long'.", param="wait"),
    "wrong_cursor": InvalidRequest("cursor belongs to another list, or to another account or mode.", param="cursor"),
    "wrong_file": InvalidRequest("file: it is broken, or none of the formats that are taken.", param="file"),
    "address_off": InvalidRequest(
        f"The address {HOOK_URL} is switched off; switch it on with POST /webhooks/endpoints/switch-on first.",
        param="id",
    ),
    "no_delivery": NotFound("There is no webhook delivery with this id."),
    "not_found": NotFound("There is no generation with this requestId."),
}


def view_of(job: Job) -> dict[str, Any]:
    return native_view(job, base_url=BASE_URL, queue=PLACE)


def _events() -> str:
    state = event("state", msgspec.json.encode(view_of(PROCESSING)), id_="2")
    progress = event("progress", msgspec.json.encode(view_of(PROCESSING)["progress"]), id_="2.rendering.0.4")
    end = event("end", msgspec.json.encode(view_of(SUCCEEDED)), id_="3")
    return (state + progress + end).decode()


def _heard() -> Heard:
    body = webhook_body(SUCCEEDED, base_url=BASE_URL)
    at_unix_s = int((SUCCEEDED.finished_at or SUCCEEDED.created_at).timestamp())
    signed = signature_headers(_SECRETS[:1], message_id=DELIVERY_ID, timestamp_unix_s=at_unix_s, body=body)
    return Heard(events=(heard_event(SUCCEEDED, body, signed),), cursor=_PLACE)


_DELIVERY = DeliveryView(
    id=DELIVERY_ID,
    request_id=SUCCEEDED.id,
    event=State.SUCCEEDED,
    address=HOOK_URL,
    state=DeliveryState.PENDING,
    stopped_because=None,
    attempt_count=1,
    attempts=(AttemptView(number=1, at=_ENDED_AT, status=502, latency_ms=212, excerpt="Bad Gateway", error=None),),
    created_at=_ENDED_AT,
    next_at="2026-11-22T09:30:36.120Z",
)
_ENDPOINT = EndpointView(
    address=HOOK_URL,
    is_off=True,
    off_since="2026-11-22T06:00:00.000Z",
    off_because=StopReason.FAILING,
    failing_since="2026-11-17T05:59:12.000Z",
    failures=58,
    last_status=502,
)
_HELD = TransferView(
    id="912",
    kind=TransferKind.HOLD,
    available_change=-64,
    held_change=64,
    request_id=QUEUED.id,
    note=None,
    at=_CREATED_AT,
)
_USED = UsageLine(
    day="2026-11-22",
    model="seedance-2.0",
    key_id=3,
    key_name="studio",
    project_id="winter",
    succeeded=12,
    failed=1,
    cancelled=0,
    seconds=60,
    credits=768,
)
_MODELS = Models(
    data=tuple(
        model_view(model, tariff=DEFAULT_TARIFF, limits=MediaLimits(), engine="animatic")
        for model in list(MODELS.values())[:1]
    )
)
_WEBHOOK_SECRETS = WebhookSecrets(
    secrets=_SECRETS,
    livemode=True,
    retiring=(RetiringSecret(secret=_SECRETS[1], retires_at="2026-11-23T09:30:00.000Z"),),
)

_MADE: dict[str, dict[str, Any]] = {
    "listModels": {"the first of three": _MODELS},
    "createGeneration": {
        "accepted": Created(request_id=QUEUED.id, status=State.QUEUED, credits_charged=64),
        "accepted with a warning": Created(
            request_id=QUEUED.id,
            status=State.QUEUED,
            credits_charged=64,
            warnings=("ignored unknown field 'style'",),
        ),
    },
    "rerunGeneration": {"accepted": Created(request_id=QUEUED.id, status=State.QUEUED, credits_charged=160)},
    "showGeneration": {job.state.value: view_of(job) for job in JOBS},
    "listGenerations": {"a page": {"success": True, "data": [view_of(SUCCEEDED), view_of(QUEUED)], "cursor": _CURSOR}},
    "cancelGeneration": {"cancelled": Cancelled(request_id=QUEUED.id)},
    "estimateGeneration": {
        "image to video": Estimate(
            credits=64,
            available=1000,
            model="seedance-2.0",
            duration=5,
            resolution=Resolution.P720,
            aspect_ratio=AspectRatio.WIDE,
            livemode=True,
        )
    },
    "upload": {
        "a picture": Uploaded(
            url=ASSET_URL, kind="image", format="jpeg", size_bytes=184_320, expires_at="2026-11-23T09:30:00Z"
        )
    },
    "showCredits": {
        "the balance": Credits(available=936, held=64, livemode=True),
        "with the ledger": Credits(available=936, held=64, livemode=True, ledger=(_HELD,), cursor=None),
    },
    "showUsage": {"one day": Usage(from_="2026-11-22", to="2026-11-22", data=(_USED,), livemode=True)},
    "showWebhookSecret": {"during a rotation": _WEBHOOK_SECRETS},
    "rotateWebhookSecret": {"rotated": _WEBHOOK_SECRETS},
    "listWebhookDeliveries": {"one that is tried again": Deliveries(data=(_DELIVERY,), cursor=None)},
    "redeliverWebhook": {"scheduled": Redelivered(delivery=_DELIVERY)},
    "listWebhookEndpoints": {"one that is off": Endpoints(data=(_ENDPOINT,))},
    "switchWebhookEndpointOn": {"on": SwitchedOn(address=HOOK_URL)},
    "listenToWebhooks": {"one end": _heard()},
}
ANSWERS: dict[str, dict[str, Any]] = {
    operation: {name: msgspec.json.decode(msgspec.json.encode(answer)) for name, answer in examples.items()}
    for operation, examples in _MADE.items()
}
EVENTS = _events()
USAGE_CSV = ",".join(COLUMNS) + "\r\n2026-11-22,seedance-2.0,3,studio,winter,12,1,0,60,768\r\n"
