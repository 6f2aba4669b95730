"""Prices, balances and transfers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.credits import LEGS, Balance, Bucket, TransferKind
from seedbed.core.errors import InsufficientCredits
from seedbed.core.models import MODELS
from seedbed.core.pricing import DEFAULT_TARIFF
from seedbed.core.sizes import Resolution


def price(model="seedance-2.0", resolution="720p", duration_s=5, *, has_media=False):
    return DEFAULT_TARIFF.price(
        model=model, resolution=Resolution(resolution), duration_s=duration_s, has_media=has_media
    )


def test_the_two_documented_prices_are_exact():
    assert (price(), price(has_media=True)) == (40, 64)


@pytest.mark.parametrize(
    ("model", "resolution", "duration_s", "has_media", "expected_credits"),
    [
        ("seedance-2.0", "1080p", 15, True, 480),
        ("seedance-2.0-fast", "480p", 4, False, 13),  # 12.8, rounded up
        ("seedance-2.0-fast", "720p", 5, True, 52),  # 51.2, rounded up
        ("seedance-2.0-fast", "720p", 5, False, 32),
        ("seedance-1.5-pro", "480p", 5, True, 16),
        ("seedance-1.5-pro", "1080p", 10, False, 100),
    ],
)
def test_prices_follow_the_table_and_round_up(model, resolution, duration_s, has_media, expected_credits):
    assert price(model, resolution, duration_s, has_media=has_media) == expected_credits


def test_every_model_has_a_price_at_every_resolution():
    assert set(DEFAULT_TARIFF.credits_per_s) == {(m, r) for m in MODELS for r in Resolution}


def test_a_hold_needs_what_is_available():
    with pytest.raises(InsufficientCredits) as caught:
        Balance(available_credits=39).after(TransferKind.HOLD, 40)

    assert (caught.value.needed_credits, caught.value.available_credits) == (40, 39)


@given(st.lists(st.tuples(st.sampled_from(TransferKind), st.integers(1, 100))))
def test_no_sequence_of_transfers_makes_or_loses_credits(moves):
    balance, others = Balance(), {Bucket.ISSUED: 0, Bucket.REVENUE: 0}
    for kind, amount in moves:
        legs = LEGS[kind]
        if legs.source is Bucket.HELD and amount > balance.held_credits:
            continue
        try:
            balance = balance.after(kind, amount)
        except InsufficientCredits:
            continue
        for bucket, change in ((legs.source, -amount), (legs.target, amount)):
            others[bucket] = others.get(bucket, 0) + change if bucket in (Bucket.ISSUED, Bucket.REVENUE) else 0

    operator = others[Bucket.ISSUED] + others[Bucket.REVENUE]
    assert operator + balance.available_credits + balance.held_credits == 0
    assert min(balance.available_credits, balance.held_credits) >= 0


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_at_least_one_credit(amount):
    with pytest.raises(ValueError, match="at least one"):
        Balance(10).after(TransferKind.HOLD, amount)


def test_a_flexible_job_costs_half_rounded_up():
    prices = [
        DEFAULT_TARIFF.price(
            model="seedance-1.5-pro", resolution=Resolution.P720, duration_s=s, has_media=True, is_flexible=True
        )
        for s in (4, 5)
    ]

    assert prices == [13, 16]  # half of 25.6 and of 32
