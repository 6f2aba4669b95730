"""Money: whole credits that move between buckets in transfers, which are never changed and never deleted.

Every transfer takes from one bucket what it gives to another, so the sum over all buckets is zero for ever. A hold is
resolved exactly once, by a capture or by a release.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from seedbed.core.errors import InsufficientCredits, SpendingCapReached

TEST_TOPUP_CREDITS = 100_000


class Bucket(StrEnum):
    ISSUED = "issued"  # the operator's; goes below zero by what was given out
    AVAILABLE = "available"  # an account's, to spend; never below zero
    HELD = "held"  # an account's, set aside for its open jobs; never below zero
    REVENUE = "revenue"  # the operator's; what finished jobs have earned


class TransferKind(StrEnum):
    TOPUP = "topup"  # credits are given to an account
    HOLD = "hold"  # a job is created
    CAPTURE = "capture"  # it succeeded
    RELEASE = "release"  # it failed, expired or was cancelled
    ADJUST = "adjust"  # the operator takes unspent credits back


@dataclass(frozen=True, slots=True)
class Legs:
    source: Bucket
    target: Bucket


LEGS: dict[TransferKind, Legs] = {
    TransferKind.TOPUP: Legs(Bucket.ISSUED, Bucket.AVAILABLE),
    TransferKind.HOLD: Legs(Bucket.AVAILABLE, Bucket.HELD),
    TransferKind.CAPTURE: Legs(Bucket.HELD, Bucket.REVENUE),
    TransferKind.RELEASE: Legs(Bucket.HELD, Bucket.AVAILABLE),
    TransferKind.ADJUST: Legs(Bucket.AVAILABLE, Bucket.ISSUED),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has in one mode."""

    available_credits: int = 0
    held_credits: int = 0

    def after(self, kind: TransferKind, amount_credits: int) -> Balance:
        """Return the balance after a transfer. Raises InsufficientCredits if it would take more than is available."""
        if amount_credits <= 0:
            raise ValueError("A transfer moves at least one credit.")
        legs = LEGS[kind]
        change = {legs.source: -amount_credits, legs.target: amount_credits}
        if legs.source is Bucket.AVAILABLE and amount_credits > self.available_credits:
            raise InsufficientCredits(needed_credits=amount_credits, available_credits=self.available_credits)
        return Balance(
            self.available_credits + change.get(Bucket.AVAILABLE, 0), self.held_credits + change.get(Bucket.HELD, 0)
        )


@dataclass(frozen=True, slots=True)
class Purse:
    """How an account's balance in one mode is kept able to pay. Neither: it may run dry."""

    is_test: bool = False
    is_unlimited: bool = False

    @property
    def runs_dry(self) -> bool:
        return not (self.is_test or self.is_unlimited)

    def topup(self, balance: Balance, price_credits: int) -> int:
        """Return what the balance must be given before it can pay: 0 where it can, or must do so by itself."""
        if self.is_test:
            return topup_for_test_mode(balance, price_credits)
        return max(0, price_credits - balance.available_credits) if self.is_unlimited else 0


def check_cap(cap_credits: int, *, charged_credits: int, price_credits: int, at: datetime) -> None:
    """Raise SpendingCapReached if a key that has charged so much this month may not charge the price as well."""
    if charged_credits + price_credits > cap_credits:
        raise SpendingCapReached(
            needed_credits=price_credits,
            cap_credits=cap_credits,
            charged_credits=charged_credits,
            begins_anew=next_month(month_of(at)),
        )


def month_of(at: datetime) -> date:
    """Return the first day of the month of UTC that the moment is in."""
    return at.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def refill(balance: Balance, *, up_to_credits: int) -> int:
    """Return what lacks of a monthly refill. What is held for open jobs does not count."""
    return max(0, up_to_credits - balance.available_credits)


def topup_for_test_mode(balance: Balance, price_credits: int) -> int:
    """Return what a test-mode balance must be given so that it never runs dry: 0 while it can pay the price."""
    return max(TEST_TOPUP_CREDITS, price_credits) if balance.available_credits < price_credits else 0
