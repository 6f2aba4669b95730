"""Machines as network namespaces, each with a line to one router, and ways to cut them off from each other.

The test's own process is a machine as well, `outside`. Needs root and iproute2. Packets are lost in the router, by
rules that answer nothing: neither end is told, as when a switch dies. A line that is pulled out tells its own machine.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

OUTSIDE = "outside"
PREFIX = "sb"  # an interface's name has room for 15 characters


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()}"


class Network:
    """`machines` besides `outside`. Addresses are of RFC 2544's networks, which no host uses."""

    def __init__(self, machines: Sequence[str]) -> None:
        self._mark = f"{PREFIX}{os.getpid() % 10_000}{secrets.token_hex(1)}"
        self._block = f"198.18.{secrets.randbelow(256)}"
        self._numbers = {name: number for number, name in enumerate((OUTSIDE, *machines))}
        self.router = f"{self._mark}-router"

    @property
    def networks(self) -> str:
        return f"{self._block}.0/24"

    def address(self, machine: str) -> str:
        return f"{self._block}.{4 * self._numbers[machine] + 2}"

    def inside(self, machine: str) -> list[str]:
        """Return what a command begins with that is to run on that machine. The process keeps its number."""
        return ["ip", "netns", "exec", self._space(machine)]

    def build(self) -> None:
        ip("netns", "add", self.router)
        ip("-n", self.router, "link", "set", "lo", "up")
        ip("netns", "exec", self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for machine in self._numbers:
            self._connect(machine)

    def raze(self) -> None:
        for machine in self._numbers:
            if machine != OUTSIDE:
                subprocess.run(["ip", "netns", "del", self._space(machine)], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", self.router], capture_output=True, check=False)

    @contextmanager
    def unplugged(self, machine: str) -> Iterator[None]:
        """Pull the machine's line out at the router: its own end loses its carrier."""
        ip("-n", self.router, "link", "set", self._line(machine), "down")
        try:
            yield
        finally:
            ip("-n", self.router, "link", "set", self._line(machine), "up")

    @contextmanager
    def silent(self, machine: str) -> Iterator[None]:
        """Lose every packet to and from the machine, without a word to anybody."""
        others = [name for name in self._numbers if name != machine]
        pairs = [pair for other in others for pair in ((machine, other), (other, machine))]
        with self._lost(pairs):
            yield

    @contextmanager
    def apart(self, one: str, other: str) -> Iterator[None]:
        """Lose every packet between the two. They still reach the others."""
        with self._lost([(one, other), (other, one)]):
            yield

    @contextmanager
    def unheard(self, speaker: str, listener: str) -> Iterator[None]:
        """Lose every packet from the one to the other; what the other says arrives."""
        with self._lost([(speaker, listener)]):
            yield

    @contextmanager
    def _lost(self, pairs: Sequence[tuple[str, str]]) -> Iterator[None]:
        rules = [("from", self.address(one), "to", self.address(other), "blackhole") for one, other in pairs]
        for rule in rules:
            ip("-n", self.router, "rule", "add", *rule)
        try:
            yield
        finally:
            for rule in rules:
                ip("-n", self.router, "rule", "del", *rule)

    def _space(self, machine: str) -> str:
        return f"{self._mark}-{machine}"

    def _line(self, machine: str) -> str:
        return f"{self._mark}r{self._numbers[machine]}"

    def _connect(self, machine: str) -> None:
        number, line = self._numbers[machine], self._line(machine)
        own, gateway = f"{self._mark}m{number}", f"{self._block}.{4 * number + 1}"
        ip("link", "add", line, "type", "veth", "peer", "name", own)
        ip("link", "set", line, "netns", self.router)
        ip("-n", self.router, "addr", "add", f"{gateway}/30", "dev", line)
        ip("-n", self.router, "link", "set", line, "up")
        where: list[str] = []
        if machine != OUTSIDE:
            space = self._space(machine)
            where = ["-n", space]
            ip("netns", "add", space)
            ip("link", "set", own, "netns", space)
            ip(*where, "link", "set", "lo", "up")
        ip(*where, "addr", "add", f"{self.address(machine)}/30", "dev", own)
        ip(*where, "link", "set", own, "up")
        for to in [self.networks] if machine == OUTSIDE else ["default"]:
            ip(*where, "route", "add", to, "via", gateway)


@contextmanager
def network(machines: Sequence[str]) -> Iterator[Network]:
    """Machines of these names, and everything gone at the end."""
    built = Network(machines)
    try:
        built.build()
        yield built
    finally:
        built.raze()
