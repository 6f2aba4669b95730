"""What is remembered with the job about its order, so that at every moment it is known whether the server may have it.

`sending`: it may have been taken. `sent`: it was, under `id`. `over`: nothing of it is going on there. `orders` counts
how often it was sent in earnest, `at` (Unix seconds) is when the last time was.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from seedbed.core.engine import Report


@dataclass(frozen=True, slots=True)
class Note:
    state: Literal["sending", "sent", "over"] = "over"
    orders: int = 0
    at: int = 0
    id: str = ""


class Notes:
    """The newest note. What changes it raises Stop, and is then in force here, though maybe not kept with the job."""

    def __init__(self, report: Report, memory: dict[str, Any] | None) -> None:
        self._report = report
        known = {part.name for part in fields(Note)}  # another version of us may have noted more
        self.now = Note(**{name: value for name, value in (memory or {}).items() if name in known})

    def sending(self) -> None:
        self._write(replace(self.now, state="sending", orders=self.now.orders + 1, at=int(time.time()), id=""))

    def not_taken(self) -> None:
        """The last order surely began nothing: it does not count."""
        self._write(replace(self.now, state="over", orders=self.now.orders - 1))

    def sent(self, video_id: str) -> None:
        self._write(replace(self.now, state="sent", id=video_id))

    def over(self) -> None:
        self._write(replace(self.now, state="over", id=""))

    def _write(self, note: Note) -> None:
        self.now = note
        self._report.remember(asdict(note))
