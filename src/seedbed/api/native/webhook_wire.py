"""What stands on the wire about webhooks: secrets, deliveries and their attempts, addresses, events for listeners."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from seedbed.api.native.wire import Wire
from seedbed.core.job import State
from seedbed.core.webhooks import DeliveryState, StopReason


class RetiringSecret(Wire, frozen=True, kw_only=True):
    secret: str
    retires_at: str


class WebhookSecrets(Wire, frozen=True, kw_only=True):
    """What signs the account's webhooks (Standard Webhooks 1.0), the current one first; several during a rotation."""

    success: Literal[True] = True
    secrets: tuple[str, ...]
    livemode: bool
    retiring: tuple[RetiringSecret, ...]


class RotationBody(Wire, frozen=True, kw_only=True):
    """The body of a rotation, which may be left out."""

    overlap_seconds: Annotated[
        int | None,
        Meta(
            description="How long the old secret signs besides; 0 ends it at once. Default: the service's setting.",
            extra_json_schema={"minimum": 0},
        ),
    ] = None


class AttemptView(Wire, frozen=True, kw_only=True):
    """One attempt. `status` is null if no answer came, and then `error` says why."""

    number: int
    at: str
    status: int | None
    latency_ms: int
    excerpt: Annotated[
        str | None,
        Meta(description="The first KiB of the answer; null if it came from a network that the operator opened."),
    ]
    error: str | None


class DeliveryView(Wire, frozen=True, kw_only=True):
    """A webhook to one receiver. `id` is its webhook-id; `address` is the URL without its query."""

    id: str
    request_id: str
    event: State
    address: str
    state: DeliveryState
    stopped_because: StopReason | None
    attempt_count: int
    attempts: tuple[AttemptView, ...]
    created_at: str
    next_at: str | None


class Deliveries(Wire, frozen=True, kw_only=True):
    """`cursor` leads to older ones; null at the end."""

    success: Literal[True] = True
    data: tuple[DeliveryView, ...]
    cursor: str | None


class Redelivered(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    delivery: DeliveryView


class EndpointView(Wire, frozen=True, kw_only=True):
    """An address that has done nothing but fail since `failingSince`. While it is off, nothing is sent there."""

    address: str
    is_off: bool
    off_since: str | None
    off_because: StopReason | None
    failing_since: str
    failures: int
    last_status: int | None


class Endpoints(Wire, frozen=True, kw_only=True):
    """Addresses in trouble, those that are off first. One in good order is not listed."""

    success: Literal[True] = True
    data: tuple[EndpointView, ...]


class SwitchOnBody(Wire, frozen=True, kw_only=True):
    url: Annotated[str, Meta(description="The webhook's URL or address; a query does not count.")]


class SwitchedOn(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    address: str
    is_off: Literal[False] = False


class HeardEvent(Wire, frozen=True, kw_only=True):
    """The end of a job as a webhook would tell it: POST `body` with `headers`, byte for byte, and it verifies."""

    id: str
    event: State
    request_id: str
    at: str
    headers: dict[str, str]
    body: str


class Heard(Wire, frozen=True, kw_only=True):
    """What ended after the given cursor, the oldest end first. `cursor` is for the next call."""

    success: Literal[True] = True
    events: tuple[HeardEvent, ...]
    cursor: str


WEBHOOK_TYPES: tuple[type[msgspec.Struct], ...] = (
    WebhookSecrets,
    RotationBody,
    Deliveries,
    Redelivered,
    Endpoints,
    SwitchOnBody,
    SwitchedOn,
    Heard,
)
