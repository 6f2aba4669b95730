"""The part of the OpenAPI document that is about workers."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.openapi_operation import Part, body, operation
from seedbed.api.admin.worker_wire import Drained, DrainingBody, DrainView, FleetView, WorkerList, WorkerView
from seedbed.api.admin.workers import PATH, PATHS
from seedbed.api.openapi_errors import BODY, KEYED
from seedbed.api.specimens import PROCESSING

TAG = "Workers"
_AT = "2026-11-22T09:30:00Z"
_WORKER = WorkerView(
    id="node1-4711-0a1b2c3d",
    pools=("gpu",),
    state="ready",
    state_since=_AT,
    reason=None,
    is_drained=False,
    doing=PROCESSING.id,
    doing_since=_AT,
    started_at=_AT,
    seen_at=_AT,
    host="node1",
    engine="ltx",
    gpus="0",
    fleet="seedbed",
    slot="gpu-1",
)
_FLEET = FleetView(name="seedbed", leader="node1:4700", backend="ray", led_since=_AT, seen_at=_AT, pools=())
_DRAIN = DrainView(kind="host", target="node2", reason="its fans are loud", since=_AT)
_NOW = {"what is drained": Drained(drained=(_DRAIN,))}
_TARGETS: dict[str, tuple[str, str]] = {"worker": ("Worker", _WORKER.id), "host": ("Host", "node2")}


def _drain(kind: str) -> dict[str, Any]:
    says = f"Let a {kind} take no more jobs, within 5 seconds. What it has in hand it ends. Idempotent."
    refused = (*KEYED, *BODY, "not_found")
    named = f"drain{_TARGETS[kind][0]}"
    return operation(named, says, Drained, refused, tag=TAG, examples=_NOW) | body(
        DrainingBody, {"why": {"reason": "its fans are loud"}}
    )


def _undrain(kind: str) -> dict[str, Any]:
    says = f"Let a {kind} take jobs again. Idempotent."
    return operation(f"undrain{_TARGETS[kind][0]}", says, Drained, (*KEYED, "no_field"), tag=TAG, examples=_NOW)


def _of(kind: str) -> dict[str, Any]:
    example = _TARGETS[kind][1]
    return {
        "parameters": [
            {"name": "target", "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
        ]
    }


_LISTED = WorkerList(data=(_WORKER,), fleets=(_FLEET,), drained=(_DRAIN,))
WORKERS = Part(
    tag=TAG,
    says="Processes that make videos, and the machines they run on.",
    types=(WorkerList, Drained, DrainingBody),
    paths={
        PATH: {
            "get": operation(
                "listWorkers",
                "Workers, fleets, and what is drained.",
                WorkerList,
                KEYED,
                tag=TAG,
                examples={"a fleet": _LISTED},
            )
        }
    }
    | {path + "/drain": {"post": _drain(kind), **_of(kind)} for kind, path in PATHS.items()}
    | {path + "/undrain": {"post": _undrain(kind), **_of(kind)} for kind, path in PATHS.items()},
)
