"""The part of the OpenAPI document that is about pools of workers."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.openapi_operation import Part, body, operation
from seedbed.api.admin.pool_wire import PaceView, PauseView, PausingBody, PoolAnswer, PoolList, PoolView
from seedbed.api.admin.pools import PATH
from seedbed.api.openapi_errors import BODY, KEYED

TAG = "Pools"
_ONE = PATH + "/{pool}"
_POOL = {"name": "pool", "in": "path", "required": True, "schema": {"type": "string"}, "example": "gpu"}
_OF_ONE = {"parameters": [_POOL]}
_PACE = PaceView(
    jobs=200,
    wait_p50_seconds=4.2,
    wait_p95_seconds=31.0,
    engine_p50_seconds=48.5,
    engine_p95_seconds=92.1,
    speed=0.1031,
)
POOL = PoolView(
    name="gpu",
    engines=("ltx",),
    paused=PauseView(reason="a new driver", since="2026-11-22T09:30:00Z", by="desk"),
    queued=12,
    startable=0,
    running=1,
    oldest_wait_seconds=210.4,
    workers=2,
    workers_ready=2,
    pace=_PACE,
)
_SHOWN = {"a pool": PoolAnswer(pool=POOL)}


def _pause() -> dict[str, Any]:
    says = "Hold its jobs back. Those in progress go on, and new ones may be queued. Idempotent."
    refused = (*KEYED, *BODY, "not_found")
    return operation("pausePool", says, PoolAnswer, refused, tag=TAG, examples=_SHOWN) | body(
        PausingBody, {"why": {"reason": "a new driver"}}
    )


POOLS = Part(
    tag=TAG,
    says="Where jobs wait for workers of one engine.",
    types=(PoolList, PoolAnswer, PausingBody),
    paths={
        PATH: {
            "get": operation(
                "listPools", "Every pool, by name.", PoolList, KEYED, tag=TAG, examples={"all": PoolList(data=(POOL,))}
            )
        },
        _ONE: {
            "get": operation("showPool", "One pool.", PoolAnswer, (*KEYED, "not_found"), tag=TAG, examples=_SHOWN),
            **_OF_ONE,
        },
        _ONE + "/pause": {"post": _pause(), **_OF_ONE},
        _ONE + "/resume": {
            "post": operation(
                "resumePool",
                "Let its jobs go again. Idempotent.",
                PoolAnswer,
                (*KEYED, "no_field", "not_found"),
                tag=TAG,
                examples=_SHOWN,
            ),
            **_OF_ONE,
        },
    },
)
