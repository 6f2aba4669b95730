"""An order that one of our jobs has placed with another service, as it is remembered between attempts.

It is written down before it is sent, and again when it is answered. So whoever goes on from here knows of every order
that may exist there, and none is made, and billed, twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from seedbed.core.errors import UpstreamRefused, UpstreamUnresolved

MAX_ORDERS = 2  # by one job at one server; those that it surely never took do not count


class OrderState(StrEnum):
    SENDING = "sending"  # on its way: whether the server has it is not known
    SENT = "sent"  # the server has it, under `id`
    ENDED = "ended"  # it came to nothing there, so that another may be placed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOrder:
    """`number` counts a job's orders at `server`, from 1. `notes` are the engine's own, as JSON."""

    server: str
    number: int
    state: OrderState
    since_unix_s: int  # when it was first sent, by our clock
    id: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def taken(self, order_id: str) -> RemoteOrder:
        return replace(self, state=OrderState.SENT, id=order_id)

    def untaken(self) -> RemoteOrder:
        """Return the order as one that the server surely does not have: it counts as never placed."""
        return replace(self, number=self.number - 1, state=OrderState.ENDED)

    def ended(self) -> RemoteOrder:
        return replace(self, state=OrderState.ENDED)

    def noting(self, **notes: Any) -> RemoteOrder:
        return replace(self, notes={**self.notes, **notes})

    def as_memory(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "server": self.server,
            "order": self.number,
            "state": self.state.value,
            "since": self.since_unix_s,
            "id": self.id,
            "notes": dict(self.notes),
        }


def is_open(memory: Mapping[str, Any] | None) -> bool:
    """Whether a remote service may have an order of this job that has not ended."""
    return memory is not None and memory.get("state") in (OrderState.SENDING, OrderState.SENT)


def remembered_order(memory: Mapping[str, Any] | None, *, server: str) -> RemoteOrder | None:
    """Return the last order of this job at this server, or None.

    Raises UpstreamUnresolved if one may still exist at another server, where it can no longer be asked after.
    """
    if memory is None:
        return None
    try:
        order = RemoteOrder(
            server=memory["server"],
            number=memory["order"],
            state=OrderState(memory["state"]),
            since_unix_s=memory["since"],
            id=memory["id"],
            notes=memory["notes"],
        )
    except (KeyError, ValueError) as exc:
        raise UpstreamUnresolved("What is remembered of this job's order at the remote engine cannot be read.") from exc
    if order.server == server:
        return order
    if order.state is OrderState.ENDED:
        return None
    raise UpstreamUnresolved("This job was given to another remote engine, and this one cannot ask what became of it.")


def next_order(last: RemoteOrder | None, *, server: str, at_unix_s: int) -> RemoteOrder:
    """Return the order that follows an ended one, or the first. Raises UpstreamRefused if there have been enough."""
    number = last.number + 1 if last else 1
    if number > MAX_ORDERS:
        raise UpstreamRefused(f"The remote engine was given this job {MAX_ORDERS} times, and it came to nothing.")
    return RemoteOrder(server=server, number=number, state=OrderState.SENDING, since_unix_s=at_unix_s)
