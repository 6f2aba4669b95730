"""What a clip costs: credits per second by model and resolution, times 1.6 with media, rounded up to a whole credit.

Exact decimal arithmetic throughout. Two numbers are documented (40 and 64 credits for 5 s of 720p, without and with a
picture); the rest is our default tariff, which an operator may replace. Source: CONTRACT 1.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from seedbed.core.sizes import Resolution

FLEXIBLE_FACTOR = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Tariff:
    """`credits_per_s` is the price without media, by model id and resolution."""

    credits_per_s: Mapping[tuple[str, Resolution], Decimal]
    media_factor: Decimal

    def price(
        self, *, model: str, resolution: Resolution, duration_s: int, has_media: bool, is_flexible: bool = False
    ) -> int:
        """Return whole credits, rounded up. `is_flexible`: for a job that waits for everybody else."""
        exact = self.credits_per_s[model, resolution] * duration_s * (self.media_factor if has_media else 1)
        exact *= FLEXIBLE_FACTOR if is_flexible else 1
        return int(exact.to_integral_value(rounding=ROUND_CEILING))


def _prices(model: str, p480: str, p720: str, p1080: str) -> dict[tuple[str, Resolution], Decimal]:
    return {(model, r): Decimal(p) for r, p in zip(Resolution, (p480, p720, p1080), strict=True)}


DEFAULT_TARIFF = Tariff(
    credits_per_s=_prices("seedance-2.0", "4", "8", "20")
    | _prices("seedance-2.0-fast", "3.2", "6.4", "16")
    | _prices("seedance-1.5-pro", "2", "4", "10"),
    media_factor=Decimal("1.6"),
)
