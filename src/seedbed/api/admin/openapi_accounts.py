"""The part of the OpenAPI document that is about accounts."""

from __future__ import annotations

from typing import Any

from seedbed.api.admin.account_views import account_view
from seedbed.api.admin.account_wire import (
    AccountAnswer,
    AccountChangesBody,
    AccountList,
    DisablingBody,
    NewAccountBody,
)
from seedbed.api.admin.accounts import PATH, STATES
from seedbed.api.admin.openapi_operation import ACCOUNT_ID, PAGED, Part, body, operation, paging
from seedbed.api.openapi_errors import BODY, KEYED, ONCE
from seedbed.api.openapi_parts import IDEMPOTENCY_KEY, query
from seedbed.api.specimens import QUEUED
from seedbed.core.accounts import Standing, Terms
from seedbed.core.credits import Balance

TAG = "Accounts"
_ONE = PATH + "/{accountId}"
_OF_ONE = {"parameters": [ACCOUNT_ID]}
_STANDING = Standing(
    id=7,
    terms=Terms(name="Films of Bob", refill_credits=1000),
    created_at=QUEUED.created_at,
    disabled_at=None,
    disabled_because=None,
    live=Balance(936, 64),
    test=Balance(),
    queued_jobs=1,
    running_jobs=0,
    keys=2,
)
_ACCOUNT = account_view(_STANDING)
_SHOWN = {"an account": AccountAnswer(account=_ACCOUNT)}


def _list() -> dict[str, Any]:
    return operation(
        "listAccounts",
        "Accounts, the newest first.",
        AccountList,
        (*KEYED, *PAGED),
        tag=TAG,
        examples={"a page": AccountList(data=(_ACCOUNT,), cursor=None)},
        parameters=[
            *paging(),
            query("search", {"type": "string"}, "Only those with this in their name, in any case, or of this number."),
            query("status", {"type": "string", "enum": list(STATES)}, "Only those."),
        ],
    )


def _create() -> dict[str, Any]:
    refused = (*KEYED, *BODY, *ONCE)
    return operation(
        "createAccount",
        "Open an account.",
        AccountAnswer,
        refused,
        tag=TAG,
        examples=_SHOWN,
        parameters=[IDEMPOTENCY_KEY],
    ) | body(NewAccountBody, {"with a refill": {"name": "Films of Bob", "credits": 1000, "monthlyRefillCredits": 1000}})


def _change() -> dict[str, Any]:
    refused = (*KEYED, *BODY, "not_found")
    says = "Change what was decided about an account."
    return operation("changeAccount", says, AccountAnswer, refused, tag=TAG, examples=_SHOWN) | body(
        AccountChangesBody, {"no end of credits": {"isUnlimited": True}, "no refill": {"monthlyRefillCredits": None}}
    )


def _disable() -> dict[str, Any]:
    refused = (*KEYED, *BODY, "not_found")
    says = "Turn all its keys away, with 403. Its jobs go on. Idempotent."
    return operation("disableAccount", says, AccountAnswer, refused, tag=TAG, examples=_SHOWN) | body(
        DisablingBody, {"why": {"reason": "the invoice of October is open"}}
    )


ACCOUNTS = Part(
    tag=TAG,
    says="Who has credits and keys.",
    types=(AccountList, AccountAnswer, NewAccountBody, AccountChangesBody, DisablingBody),
    paths={
        PATH: {"get": _list(), "post": _create()},
        _ONE: {
            "get": operation(
                "showAccount", "One account.", AccountAnswer, (*KEYED, "not_found"), tag=TAG, examples=_SHOWN
            ),
            "patch": _change(),
            **_OF_ONE,
        },
        _ONE + "/disable": {"post": _disable(), **_OF_ONE},
        _ONE + "/enable": {
            "post": operation(
                "enableAccount",
                "Let its keys in again. Idempotent.",
                AccountAnswer,
                (*KEYED, "no_field", "not_found"),
                tag=TAG,
                examples=_SHOWN,
            ),
            **_OF_ONE,
        },
    },
)
