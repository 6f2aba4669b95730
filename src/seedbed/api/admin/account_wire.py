"""What stands on the wire about accounts: what was decided about them, their credits, their use."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from seedbed.api.described import says
from seedbed.api.native.wire import TransferView, Wire
from seedbed.core.accounts import MAX_CREDITS
from seedbed.core.keys import Mode
from seedbed.core.lines import MAX_NAME_CHARACTERS, MAX_NOTE_CHARACTERS

_CREDITS = {"minimum": 1, "maximum": MAX_CREDITS}
_NAME = {"minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
_NOTE = {"minLength": 1, "maxLength": MAX_NOTE_CHARACTERS}


class BalanceView(Wire, frozen=True, kw_only=True):
    """Whole credits: `available` to spend, `held` for open jobs."""

    available: int
    held: int


class AccountView(Wire, frozen=True, kw_only=True):
    id: int
    name: str
    created_at: str
    is_disabled: Annotated[bool, says("Its keys are answered 403; its jobs go on.")]
    disabled_at: str | None
    disabled_because: Annotated[str | None, says("For operators alone.")]
    is_unlimited: Annotated[bool, says("What it cannot pay is given to it in the commit that charges it.")]
    monthly_refill_credits: Annotated[int | None, says("Up to which its live balance is filled each month.")]
    live: BalanceView
    test: BalanceView
    queued_jobs: int
    running_jobs: int
    keys: Annotated[int, says("How many of its keys may be used.")]


class AccountList(Wire, frozen=True, kw_only=True):
    """Accounts, the newest first."""

    success: Literal[True] = True
    data: tuple[AccountView, ...]
    cursor: Annotated[str | None, says("Leads to older ones; null at the end.")]


class AccountAnswer(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    account: AccountView


class NewAccountBody(Wire, frozen=True, kw_only=True):
    name: Annotated[str, says("Need not be unique.", **_NAME)]
    credits: Annotated[int, says("What its live balance begins with.", minimum=0, maximum=MAX_CREDITS)] = 0
    is_unlimited: Annotated[bool, says("Whether it is charged without ever running dry.")] = False
    monthly_refill_credits: Annotated[
        int | None, says("Up to which its live balance is filled, from the next month on.", **_CREDITS)
    ] = None


class AccountChangesBody(Wire, frozen=True, kw_only=True):
    """Whatever is not named stays as it is."""

    name: Annotated[str | UnsetType, says("Need not be unique.", **_NAME)] = UNSET
    is_unlimited: Annotated[bool | UnsetType, says("Whether it is charged without ever running dry.")] = UNSET
    monthly_refill_credits: Annotated[
        int | UnsetType | None, says("Up to which its live balance is filled each month; null: no refill.", **_CREDITS)
    ] = UNSET


class DisablingBody(Wire, frozen=True, kw_only=True):
    reason: Annotated[str, says("Why; for operators alone.", **_NOTE)]


class GrantBody(Wire, frozen=True, kw_only=True):
    credits: Annotated[int, says("How many; a negative number takes unspent ones back.", examples=[1000, -40])]
    note: Annotated[str, says("Why; it stays in the account's ledger, and its owner reads it.", **_NOTE)]
    mode: Annotated[str, says("Of which balance.", enum=list(Mode))] = Mode.LIVE


class Granted(Wire, frozen=True, kw_only=True):
    """The balance of that mode after the grant."""

    success: Literal[True] = True
    account_id: int
    mode: str
    available: int
    held: int


class Ledger(Wire, frozen=True, kw_only=True):
    """What moved the account's credits in that mode, the newest first."""

    success: Literal[True] = True
    account_id: int
    mode: str
    data: tuple[TransferView, ...]
    cursor: Annotated[str | None, says("Leads to older lines; null at the end.")]


class ProjectUse(Wire, frozen=True, kw_only=True):
    """Ended generations of one account and project. `seconds` and `credits` are those of succeeded ones."""

    account_id: int
    account_name: str
    project_id: Annotated[str | None, says("metadata.projectId of the generations.")]
    succeeded: int
    failed: int
    cancelled: int
    seconds: int
    credits: int


class Uses(Wire, frozen=True, kw_only=True):
    """What was used on these days of UTC, both included."""

    success: Literal[True] = True
    from_: str = msgspec.field(name="from")
    to: str
    mode: str
    data: tuple[ProjectUse, ...]
