"""The part of the OpenAPI document that is about the log of operators."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.audit_log import PATH
from seedbed.api.admin.openapi_operation import PAGED, Part, operation, paging
from seedbed.api.admin.wire import ActionView, AuditLog
from seedbed.api.openapi_errors import KEYED
from seedbed.api.openapi_parts import query
from seedbed.api.specimens import REQUEST_ID
from seedbed.core.operators import Act

TAG = "Audit log"
_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "integer", "minimum": 1}
_DISABLED = ActionView(
    id="41",
    at="2026-11-22T09:30:00Z",
    action=Act.ACCOUNT_DISABLED,
    subject="account/7",
    account_id=7,
    actor="desk",
    key_id=2,
    changes={"reason": "the invoice of October is open"},
    request_id=REQUEST_ID,
)


def _list() -> dict[str, Any]:
    return operation(
        "listOperatorActions",
        "What operators did, the newest first.",
        AuditLog,
        (*KEYED, *PAGED),
        tag=TAG,
        examples={"a page": AuditLog(data=(_DISABLED,), cursor=None)},
        parameters=[
            *paging(),
            query("action", {"type": "string", "enum": list(Act)}, "Only these."),
            query("subject", {"type": "string"}, "Only what was done to this, such as account/7 or key/3."),
            query("accountId", _NUMBER, "Only what was done to this account and to what is its."),
            query("keyId", _NUMBER, "Only what this operator's key did."),
            query("from", _MOMENT, "Only this moment and later."),
            query("to", _MOMENT, "Only before this moment."),
        ],
    )


AUDIT_LOG = Part(
    tag=TAG,
    says="What operators did, over this API or on the command line. Nobody can change it.",
    types=(AuditLog,),
    paths={PATH: {"get": _list()}},
)
