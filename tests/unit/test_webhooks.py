"""What an answer means for a delivery, and which URLs are one address."""

from datetime import UTC, datetime, timedelta

import pytest

from seedbed.core.webhooks import MAX_ADDRESS_BYTES, DeliveryState, StopReason, address_of, reason_to_switch_off, sequel

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "tries", "state"),
    [
        (200, 1, DeliveryState.DELIVERED),
        (299, 10, DeliveryState.DELIVERED),
        (302, 1, DeliveryState.PENDING),
        (None, 9, DeliveryState.PENDING),
        (500, 10, DeliveryState.EXHAUSTED),
        (410, 1, DeliveryState.STOPPED),
    ],
)
def test_a_status_decides_what_follows(status, tries, state):
    follows = sequel(status, tries=tries, chance=0, retry_after=None)

    assert follows.state is state
    assert (follows.wait is not None) == (state is DeliveryState.PENDING)


@pytest.mark.parametrize(
    ("status", "days", "reason"),
    [(500, 4.99, None), (500, 5, StopReason.FAILING), (None, 6, StopReason.FAILING), (410, 0, StopReason.GONE)],
)
def test_an_address_is_switched_off_by_a_410_or_after_five_days(status, days, reason):
    assert reason_to_switch_off(status, failing_since=NOON, at=NOON + timedelta(days=days)) is reason


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://A.Dev/Hook?token=secret#x", "https://a.dev/Hook"),
        ("https://a.dev:443/Hook", "https://a.dev/Hook"),
        ("https://a.dev:8443", "https://a.dev:8443/"),
        ("http://a.dev.:80/", "http://a.dev/"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    ],
)
def test_an_address_is_scheme_host_port_and_path_in_one_spelling(url, address):
    assert address_of(url) == address


def test_a_long_address_fits_an_index_and_is_its_own_address():
    long, other = (f"https://a.dev/{'é' * 900}{last}" for last in "ab")

    assert len(address_of(long).encode()) <= MAX_ADDRESS_BYTES
    assert address_of(address_of(long)) == address_of(long)
    assert address_of(long) != address_of(other)
