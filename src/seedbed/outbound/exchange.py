"""What an engine that has another service make its videos must know of that service's language.

`outbound.errand` decides when something is asked, sent again or given up; an exchange only says it, and understands the
answers. Nothing here decides about money.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Protocol

from seedbed.core.engine import Stage
from seedbed.core.errors import JobFailure
from seedbed.core.remote_order import RemoteOrder
from seedbed.outbound.results import Result
from seedbed.outbound.upstream import Beat, Reply


class Doubt(Enum):
    """Whether a server may have taken an order although it has not said so."""

    NONE = auto()  # it surely has not
    SLIGHT = auto()  # it says that it has not, but it fell over while it said so
    FULL = auto()  # nobody knows


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the order, under this id."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will not take this order, however often it is sent."""

    failure: JobFailure


@dataclass(frozen=True, slots=True)
class Open:
    """The server did not take it now, or nobody knows: `reason` is the end of a sentence."""

    doubt: Doubt
    reason: str
    retry_after_s: float | None = None


Receipt = Taken | Refused | Open


@dataclass(frozen=True, slots=True)
class News:
    """What a server says of an order that it has: it goes on, or there is a `result`, or a `failure`.

    `fraction` None: it does not say. `is_stoppable`: whether it could be cancelled there when this was said. `facts`
    are what the answer holds besides, for the engine itself.
    """

    status: str = ""  # as the server calls it
    stage: Stage | None = None  # None: where it was
    fraction: float | None = None
    result: Result | None = None
    failure: JobFailure | None = None
    is_stoppable: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


class Exchange(Protocol):
    """One server and its language, for one job."""

    @property
    def server(self) -> str:
        """Where it is, for the job's memory: no secret."""

    @property
    def repeats(self) -> bool:
        """Whether an order may be sent again and stays one, by a key that goes with it."""

    def send(self, order: RemoteOrder, *, beat: Beat) -> Reply:
        """Send the order, once. Raises Unanswered."""

    def receipt(self, reply: Reply) -> Receipt:
        """Understand the answer to an order."""

    def seek(self, order: RemoteOrder, *, beat: Beat) -> str | None:
        """Return the id of an order whose answer was lost, or None if the server does not show it (yet).

        Raises UpstreamUnresolved where that cannot be told, and Unanswered. Never asked where orders repeat.
        """

    def look(self, order_id: str, *, beat: Beat) -> Reply:
        """Ask what became of it, once. Raises Unanswered."""

    def is_gone(self, reply: Reply) -> bool:
        """Say whether the answer is the server's own word that it knows no such order."""

    def refusal(self, reply: Reply) -> JobFailure | None:
        """Return what it means that it does not let us look, as for a key that no longer holds; None if it passes."""

    def news(self, members: dict[str, Any]) -> News: ...

    def cancel(self, order_id: str, *, beat: Beat) -> bool:
        """Cancel it there, and say whether that is done. Raises Unanswered."""

    def hurried(self) -> Exchange:
        """Return the same exchange with so short a patience that a Stop can wait for it."""
