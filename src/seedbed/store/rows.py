"""Core values to columns and back: `json` is written from and read into the core's own dataclasses."""

from __future__ import annotations

from typing import Any

import msgspec
from psycopg.types.json import Json

from seedbed.core.engine import Stage
from seedbed.core.job import Failure, Job, Leg, Output, Progress, State, Try
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio
from seedbed.store.database import Row

_REQUEST = msgspec.json.Decoder(GenerationRequest)
_OUTPUT = msgspec.json.Decoder(Output)
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_ROUTE = msgspec.json.Decoder(tuple[Leg, ...])
_TRIED = msgspec.json.Decoder(tuple[Try, ...])

RETURNED = frozenset({State.FAILED, State.CANCELLED})  # the states whose charge went back


def to_json(value: Any) -> Json | None:
    return None if value is None else Json(msgspec.to_builtins(value))


def to_job(row: Row) -> Job:
    state = State(row["state"])
    charged_credits = row["price_credits"]
    return Job(
        id=row["id"],
        account_id=row["account_id"],
        is_live=row["is_live"],
        dialect=row["dialect"],
        pool=row["pool"],
        state=state,
        request=_REQUEST.decode(row["request"]),
        aspect_ratio=AspectRatio(row["aspect_ratio"]) if row["aspect_ratio"] else None,
        charged_credits=charged_credits,
        refunded_credits=charged_credits if state in RETURNED else 0,
        api_key_id=row["api_key_id"],
        route=_ROUTE.decode(row["route"]) if row["route"] else (),
        leg=row["leg"],
        tried=_TRIED.decode(row["tried"]) if row["tried"] else (),
        memory=_OBJECT.decode(row["memory"]) if row["memory"] else None,
        sent=_OBJECT.decode(row["sent"]) if row["sent"] else None,
        estimate_ms=row["estimate_ms"],
        attempt=row["attempt"],
        failures=row["failures"],
        kills=row["kills"],
        version=row["version"],
        progress=Progress(Stage(row["stage"]), row["fraction"]) if row["stage"] else None,
        has_preview=row["preview_attempt"] == row["attempt"],
        engine=row["engine"],
        shot_plan=_OBJECT.decode(row["shot_plan"]) if row["shot_plan"] else None,
        warnings=tuple(row["warnings"]),
        output=_OUTPUT.decode(row["output"]) if row["output"] else None,
        failure=Failure(row["error_code"], row["error_message"]) if row["error_code"] else None,
        created_at=row["created_at"],
        deadline_at=row["deadline_at"],
        started_at=row["started_at"],
        claimed_at=row["claimed_at"],
        finished_at=row["finished_at"],
    )
