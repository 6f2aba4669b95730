"""The part of the OpenAPI document that is about the service as a whole: how it is, how it was, how it is set."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.openapi_operation import Part, operation
from seedbed.api.admin.openapi_pools import POOL
from seedbed.api.admin.overview import PATH, STEPS
from seedbed.api.admin.overview_wire import OutcomeView, Overview, PoolSeries, Series, StoredView, Workforce
from seedbed.api.admin.settings import PATH as SETTINGS_PATH
from seedbed.api.admin.settings import SettingsAnswer, SettingView, settings_answer
from seedbed.api.openapi_errors import KEYED
from seedbed.api.openapi_parts import query
from seedbed.core.deployment import embedded_deployment

TAG = "Service"
_AT = "2026-11-22T09:30:00Z"
_NOW = Overview(
    at=_AT,
    queued=12,
    running=1,
    workers=Workforce(ready=2, busy=1, drained=0, unfit=0),
    pools=(POOL,),
    outcomes=(OutcomeView(code="media_unreachable", jobs=3), OutcomeView(code="succeeded", jobs=1204)),
    maintenance=None,
    stored=(StoredView(part="jobs", files=40_120, size_bytes=139_412_004_121, counted_at=_AT),),
    database_bytes=1_204_224_000,
)
_SERIES = Series(
    span="1h",
    from_="2026-11-22T08:30:00Z",
    step_seconds=60,
    steps=3,
    pools=(
        PoolSeries(
            pool="gpu",
            queued=(None, 3.0, 12.0),
            running=(None, 1.0, 1.0),
            oldest_wait_seconds=(None, 20.5, 210.4),
            ended={"succeeded": (0, 2, 1)},
        ),
    ),
)
_SET = (
    SettingView(
        variable="SEEDBED_DATABASE_URL",
        value="***",
        is_set=True,
        is_secret=True,
        meaning="A PostgreSQL 14 or later. Without it an embedded one runs in the home folder.",
    ),
)


def _series() -> dict[str, Any]:
    return operation(
        "showSeries",
        "How the pools stood, and what ended, step by step: minutes of an hour, 5 of a day, 30 of a week.",
        Series,
        (*KEYED, "wrong_query", "not_found"),
        tag=TAG,
        examples={"the last minutes": _SERIES},
        parameters=[
            query("span", {"type": "string", "enum": list(STEPS), "default": "1h"}, "How far back."),
            query("pool", {"type": "string"}, "Only this pool."),
        ],
    )


OVERVIEW = Part(
    tag=TAG,
    says="How the service is, how it was, and how it is set.",
    types=(Overview, Series, SettingsAnswer),
    paths={
        PATH: {
            "get": operation(
                "showOverview", "How the service is now.", Overview, KEYED, tag=TAG, examples={"a morning": _NOW}
            )
        },
        PATH + "/series": {"get": _series()},
        SETTINGS_PATH: {
            "get": operation(
                "showSettings",
                "The settings and the deployment of the process that answers. Secrets are masked.",
                SettingsAnswer,
                KEYED,
                tag=TAG,
                examples={"a fresh start": settings_answer(_SET, embedded_deployment("animatic"))},
            )
        },
    },
)
