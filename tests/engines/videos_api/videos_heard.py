"""A report that listens, and stops the work at the moment that a test wants."""

from seedbed.core.engine import Stop


class Heard:
    """A Report: keeps what it was told, and raises Stop when `stops` says so."""

    def __init__(self, stops=lambda _heard: False, *, is_for_good=True):
        self.told = []
        self.memories = []
        self.stops = stops
        self.is_for_good = is_for_good

    def __call__(self, stage, fraction, *, preview=None):  # noqa: ARG002 (no engine of a server has one)
        self.told.append((stage, fraction))
        self._check()

    def remember(self, memory):
        self.memories.append(memory)
        self._check()

    def _check(self):
        if self.stops(self):
            raise Stop(is_for_good=self.is_for_good)
