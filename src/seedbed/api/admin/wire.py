"""What stands on the wire in the operator's API about the log of operators. Each other noun has a file of its own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from seedbed.api.described import says
from seedbed.api.native.wire import Wire


class ActionView(Wire, frozen=True, kw_only=True):
    """One action of an operator, recorded in the commit that did it."""

    id: str
    at: str
    action: Annotated[str, says("Such as account.disabled.")]
    subject: Annotated[str, says("What it was done to, such as account/7.")]
    account_id: Annotated[int | None, says("Whose that is; null: nobody's.")]
    actor: Annotated[str, says("The key's name as it was then; `cli`: the command line, `service`: by itself.")]
    key_id: Annotated[int | None, says("The operator's key; null: no key.")]
    changes: Annotated[dict[str, Any], says("What became of it. Never a secret.")]
    request_id: Annotated[str | None, says("The X-Request-Id of the request that did it.")]


class AuditLog(Wire, frozen=True, kw_only=True):
    """Actions, the newest first."""

    success: Literal[True] = True
    data: tuple[ActionView, ...]
    cursor: Annotated[str | None, says("Leads to older ones; null at the end.")]
