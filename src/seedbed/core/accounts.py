"""What an operator may decide about an account, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from seedbed.core.credits import Balance, month_of, next_month
from seedbed.core.errors import InvalidRequest
from seedbed.core.lines import MAX_NAME_CHARACTERS, line_of

# Far beyond every price, and so far below 2**63 that no sum of such amounts comes near it.
MAX_CREDITS = 1_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was decided about an account, its disabling apart. `refill_credits` None: no monthly refill."""

    name: str
    is_unlimited: bool = False
    refill_credits: int | None = None

    def refill_from(self, at: datetime) -> date | None:
        """Return the first month of a refill that is decided at this moment: the next one. None without a refill."""
        return next_month(month_of(at)) if self.refill_credits is not None else None

    def checked(self) -> Terms:
        """Return the terms with the name trimmed. Raises InvalidRequest, naming the field as callers know it."""
        if self.refill_credits is not None:
            check_credits(self.refill_credits, least=1, param="monthlyRefillCredits")
        return replace(self, name=line_of(self.name, most=MAX_NAME_CHARACTERS, param="name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account as its operator sees it. The balances are those of its two modes."""

    id: int
    terms: Terms
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: str | None
    live: Balance
    test: Balance
    queued_jobs: int
    running_jobs: int
    keys: int  # that may be used

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


def check_credits(credits: int, *, least: int, param: str) -> None:  # noqa: A002 - the word of the contract
    """Raises InvalidRequest unless it is a number of credits that somebody may mean."""
    if not least <= credits <= MAX_CREDITS:
        raise InvalidRequest(f"{param} must be from {least} to {MAX_CREDITS}; got {credits}.", param=param)


def check_grant(credits: int) -> None:  # noqa: A002 - the word of the contract
    """Raises InvalidRequest for a grant of nothing, or of more than anybody may mean, to or fro."""
    if credits == 0:
        raise InvalidRequest("credits must not be 0; a negative number takes credits back.", param="credits")
    check_credits(credits, least=-MAX_CREDITS, param="credits")
