"""The part of the OpenAPI document that is about maintenance."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.maintenance import PATH, MaintenanceAnswer, MaintenanceBody, MaintenanceView
from seedbed.api.admin.openapi_operation import Part, body, operation
from seedbed.api.openapi_errors import BODY, KEYED

TAG = "Maintenance"
_WORDS = "New disks until four. What you have ordered goes on."
_ON = MaintenanceAnswer(
    maintenance=MaintenanceView(message=_WORDS, since="2026-11-22T09:30:00Z", until="2026-11-22T16:00:00Z", by="desk")
)
_OFF = MaintenanceAnswer(maintenance=None)


def _begin() -> dict[str, Any]:
    says = "Take no new orders. If none are taken already, the words and the end are changed."
    return operation(
        "beginMaintenance", says, MaintenanceAnswer, (*KEYED, *BODY), tag=TAG, examples={"begun": _ON}
    ) | body(MaintenanceBody, {"until four": {"message": _WORDS, "until": "2026-11-22T16:00:00Z"}})


MAINTENANCE = Part(
    tag=TAG,
    says="While it lasts, new generations, reruns and uploads get a 503 in every dialect; everything else goes on.",
    types=(MaintenanceAnswer, MaintenanceBody),
    paths={
        PATH: {
            "get": operation(
                "showMaintenance",
                "Whether orders are taken.",
                MaintenanceAnswer,
                KEYED,
                tag=TAG,
                examples={"none are taken": _ON, "all are taken": _OFF},
            )
        },
        PATH + "/begin": {"post": _begin()},
        PATH + "/end": {
            "post": operation(
                "endMaintenance",
                "Take orders again. Idempotent.",
                MaintenanceAnswer,
                (*KEYED, "no_field"),
                tag=TAG,
                examples={"ended": _OFF},
            )
        },
    },
)
