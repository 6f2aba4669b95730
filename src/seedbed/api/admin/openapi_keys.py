"""The part of the OpenAPI document that is about API keys."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.key_wire import KeyAnswer, KeyChangesBody, KeyList, NewKey, NewKeyBody
from seedbed.api.admin.keys import key_view
from seedbed.api.admin.openapi_operation import ACCOUNT_ID, PAGED, Part, body, operation, paging
from seedbed.api.openapi_errors import BODY, KEYED
from seedbed.api.specimens import QUEUED
from seedbed.core.keys import KeyState, Mode, Scope
from seedbed.core.rate_limits import KeyLimits
from seedbed.store.key_list import ListedKey
from seedbed.store.keys import StoredKey

TAG = "Keys"
_KEY_ID = {"name": "keyId", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 3}
_OF_ONE = {"parameters": [_KEY_ID]}
_STORED = StoredKey(
    id=3,
    account_id=7,
    mode=Mode.LIVE,
    name="studio",
    last_four="0aB3",
    scopes=frozenset({Scope.GENERATE}),
    limits=KeyLimits(running_jobs=2, monthly_cap_credits=1000),
    created_at=QUEUED.created_at,
    expires_at=None,
    revoked_at=None,
    last_used_at=QUEUED.created_at,
)
_KEY = key_view(ListedKey(_STORED, charged_credits=640, state=KeyState.ACTIVE))
_SHOWN = {"a key": KeyAnswer(key=_KEY)}
_SECRET = "sd2_live_" + "x" * 32 + "0aB3"


def _create() -> dict[str, Any]:
    made = operation(
        "createKey",
        "Make a key. It is shown only in this answer. An Idempotency-Key is not honoured: its answer would be kept.",
        NewKey,
        (*KEYED, *BODY, "not_found"),
        tag=TAG,
        examples={"a key, once": NewKey(secret=_SECRET, key=_KEY)},
    )
    return made | body(
        NewKeyBody,
        {
            "a shop's": {"name": "studio", "runningJobs": 2, "monthlyCapCredits": 1000},
            "an operator's": {"name": "desk", "scopes": ["admin"], "expiresAt": "2027-01-01T00:00:00Z"},
        },
    )


def _change() -> dict[str, Any]:
    says = "Change a key, from its next request on."
    refused = (*KEYED, *BODY, "not_found")
    return operation("changeKey", says, KeyAnswer, refused, tag=TAG, examples=_SHOWN) | body(
        KeyChangesBody, {"another cap": {"monthlyCapCredits": 2000}, "no cap": {"monthlyCapCredits": None}}
    )


KEYS = Part(
    tag=TAG,
    says="What lets a program in: made for an account, shown once, revoked for ever.",
    types=(KeyList, KeyAnswer, NewKey, NewKeyBody, KeyChangesBody),
    paths={
        "/accounts/{accountId}/keys": {
            "get": operation(
                "listKeys",
                "An account's keys, the newest first.",
                KeyList,
                (*KEYED, *PAGED, "not_found"),
                tag=TAG,
                examples={"a page": KeyList(data=(_KEY,), cursor=None)},
                parameters=paging(),
            ),
            "post": _create(),
            "parameters": [ACCOUNT_ID],
        },
        "/keys/{keyId}": {
            "get": operation("showKey", "One key.", KeyAnswer, (*KEYED, "not_found"), tag=TAG, examples=_SHOWN),
            "patch": _change(),
            **_OF_ONE,
        },
        "/keys/{keyId}/revoke": {
            "post": operation(
                "revokeKey",
                "Make a key invalid for ever. Idempotent.",
                KeyAnswer,
                (*KEYED, "no_field", "not_found"),
                tag=TAG,
                examples=_SHOWN,
            ),
            **_OF_ONE,
        },
    },
)
