"""What a check asks of an engine, by groups, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from seedbed.core.engine import Capabilities


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNTRIED = "not tried"


class Group(StrEnum):
    """What `--only` takes. The first is always asked, for without it there is nothing to ask."""

    LOADS = "loads"  # it loads, and its description makes sense
    VIDEO = "video"  # what it makes can be made what was promised
    PROGRESS = "progress"  # it reports often, in order, from its own thread
    SOUND = "sound"  # there is sound if it says so and it is wanted, and none otherwise
    FOLDER = "folder"  # it writes nowhere else
    SEED = "seed"  # one seed, the same frames; another seed, other ones
    WATERMARK = "watermark"  # it draws the mark if it says so
    REFERENCES = "references"  # it takes the roles that it names, and as many as it says
    LONGEST = "longest"  # it makes a clip as long as it says
    CANCEL = "cancel"  # it stops within its grace at any moment, and lets the Stop pass
    MEMORY = "memory"  # out of memory is a failure with a name, and the next video is made


@dataclass(frozen=True, slots=True)
class Finding:
    """`fact` names what was asked, `says` what was seen."""

    group: Group
    fact: str
    verdict: Verdict
    says: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Makes the findings of one group."""

    group: Group

    def kept(self, fact: str, says: str = "") -> Finding:
        return Finding(self.group, fact, Verdict.KEPT, says)

    def broken(self, fact: str, says: str) -> Finding:
        return Finding(self.group, fact, Verdict.BROKEN, says)

    def untried(self, fact: str, says: str) -> Finding:
        return Finding(self.group, fact, Verdict.UNTRIED, says)

    def judged(self, fact: str, fault: str, says: str = "") -> Finding:
        """Broken if there is a fault."""
        return self.broken(fact, fault) if fault else self.kept(fact, says)


def as_object(name: str, capabilities: Capabilities | None, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return a check as JSON, for programs. `ok`: nothing is broken, although something may be untried."""
    import msgspec

    return {
        "engine": name,
        "ok": all(finding.verdict is not Verdict.BROKEN for finding in findings),
        "capabilities": msgspec.to_builtins(capabilities),
        "findings": [asdict(finding) for finding in findings],
    }
