"""The part of the OpenAPI document that is about credits."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.account_wire import GrantBody, Granted, Ledger, ProjectUse, Uses
from seedbed.api.admin.money import COLUMNS
from seedbed.api.admin.openapi_operation import ACCOUNT_ID, PAGED, Part, body, operation, paging
from seedbed.api.native.wire import TransferView
from seedbed.api.openapi_errors import BODY, KEYED, ONCE
from seedbed.api.openapi_parts import IDEMPOTENCY_KEY, query
from seedbed.core.credits import TransferKind
from seedbed.core.keys import Mode

TAG = "Credits"
_OF_ONE = {"parameters": [ACCOUNT_ID]}
_DAY = {"type": "string", "format": "date"}
_MODE = query("mode", {"type": "string", "enum": list(Mode), "default": Mode.LIVE}, "Of which mode.")
_LINE = TransferView(
    id="913",
    kind=TransferKind.TOPUP,
    available_change=1000,
    held_change=0,
    request_id=None,
    note="for the festival",
    at="2026-11-22T09:30:00Z",
)
_USED = ProjectUse(
    account_id=7,
    account_name="Films of Bob",
    project_id="winter",
    succeeded=12,
    failed=1,
    cancelled=0,
    seconds=60,
    credits=768,
)
_CSV = ",".join(COLUMNS) + "\r\n7,Films of Bob,winter,12,1,0,60,768\r\n"


def _grant() -> dict[str, Any]:
    granted = operation(
        "grantCredits",
        "Give credits, or take unspent ones back.",
        Granted,
        (*KEYED, *BODY, *ONCE, "insufficient_credits", "not_found"),
        tag=TAG,
        examples={"the new balance": Granted(account_id=7, mode=Mode.LIVE, available=1936, held=64)},
        parameters=[IDEMPOTENCY_KEY],
    )
    return granted | body(
        GrantBody,
        {
            "a gift": {"credits": 1000, "note": "for the festival"},
            "a correction": {"credits": -40, "note": "granted twice"},
        },
    )


def _ledger() -> dict[str, Any]:
    return operation(
        "showLedger",
        "What moved an account's credits, the newest first.",
        Ledger,
        (*KEYED, *PAGED, "not_found"),
        tag=TAG,
        examples={"a page": Ledger(account_id=7, mode=Mode.LIVE, data=(_LINE,), cursor=None)},
        parameters=[*paging(), _MODE],
    )


def _usage(name: str, says: str, *more: str) -> dict[str, Any]:
    used = operation(
        name,
        says,
        Uses,
        (*KEYED, "wrong_query", *more),
        tag=TAG,
        examples={"a month": Uses(from_="2026-11-01", to="2026-11-30", mode=Mode.LIVE, data=(_USED,))},
        parameters=[
            query("from", _DAY, "The first day; by default 29 days before the last."),
            query("to", _DAY, "The last day; by default today."),
            _MODE,
            query("format", {"type": "string", "enum": ["json", "csv"]}, "By default as Accept says."),
        ],
    )
    used["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}, "example": _CSV}
    return used


MONEY = Part(
    tag=TAG,
    says="Grants, ledgers and usage, in whole credits.",
    types=(GrantBody, Granted, Ledger, Uses),
    paths={
        "/accounts/{accountId}/grants": {"post": _grant(), **_OF_ONE},
        "/accounts/{accountId}/ledger": {"get": _ledger(), **_OF_ONE},
        "/accounts/{accountId}/usage": {
            "get": _usage("showUsageOfAccount", "What one account used, by project.", "not_found"),
            **_OF_ONE,
        },
        "/usage": {"get": _usage("showUsageByProject", "What all accounts used, by project.")},
    },
)
