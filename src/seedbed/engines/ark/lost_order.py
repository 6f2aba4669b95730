"""Finds an order whose answer was lost in the service's list of tasks, by all that the list repeats of it.

One match is the order. None is no proof that there is none, and several are none either: who calls this decides.
Source: the official documents of the list; CONTRACT 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seedbed.core.errors import UpstreamFailed

SKEW_S = 300  # by which their clock may be behind ours
PAGE_SIZE = 100
MAX_PAGES = 20
ECHOED = ("resolution", "ratio", "duration", "generate_audio", "service_tier", "execution_expires_after", "prompt")


def matching(
    order: Mapping[str, Any], *, since_unix_s: int, page: Callable[[int], Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the ids of the tasks that may be the order with this body, sent at that time or later.

    `page` gives a page of the list by its number, from 1. Raises UpstreamFailed if the list has no end in reach.
    """
    earliest_s = since_unix_s - SKEW_S
    found: list[str] = []
    for number in range(1, MAX_PAGES + 1):
        items = _items(page(number))
        found += [item["id"] for item in items if _is_it(item, order, earliest_s) and item["id"] not in found]
        if len(items) < PAGE_SIZE or _is_past(items, earliest_s):
            return tuple(found)
    raise UpstreamFailed("The remote engine's list of tasks is too long to look through.")


def _items(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in items):
        raise UpstreamFailed("The remote engine's list of tasks is not in the documented form.")
    return items


def _is_it(item: Mapping[str, Any], order: Mapping[str, Any], earliest_s: int) -> bool:
    """Say whether a task may be the order. What the list does not show of it says nothing; its seed must be there."""
    if item.get("seed") != order["seed"] or not _moment(item) >= earliest_s:
        return False
    model = order["model"]
    # What is ordered by an endpoint's id is shown under its model's.
    if not model.startswith("ep-") and item.get("model", model) != model:
        return False
    asked = {"service_tier": "default", **order}
    return all(item[name] == asked[name] for name in ECHOED if name in asked and item.get(name) is not None)


def _is_past(items: list[dict[str, Any]], earliest_s: int) -> bool:
    """Say whether a page of a list with the newest first has come to tasks that are older than the order."""
    moments = [_moment(item) for item in items]
    return moments == sorted(moments, reverse=True) and moments[-1] < earliest_s


def _moment(item: Mapping[str, Any]) -> float:
    created = item.get("created_at")
    return float(created) if isinstance(created, int | float) else float("inf")
