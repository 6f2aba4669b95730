"""Compares the bytes that are stored with those that rows name.

List the bytes first and read the rows after that: what was stored meanwhile is then at worst taken for missing, which a
second look settles, and never for an orphan, because orphans must be old.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.core.audit import Finding, Kind, finding


@dataclass(frozen=True, slots=True)
class StoredBytes:
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class NamedBytes:
    """What a row says of its bytes: `subject` is the job or the asset. None: the row does not say."""

    subject: str
    key: str
    size_bytes: int | None = None
    sha256: str | None = None


class Inventory:
    """The stored bytes by key, of which rows are struck off one by one. What is left at the end is nobody's."""

    def __init__(self, stored: dict[str, StoredBytes]) -> None:
        self._stored = stored
        self._needed: set[str] = set()
        self.missing: list[NamedBytes] = []
        self.findings: list[Finding] = []

    def name(self, named: NamedBytes) -> None:
        """Strike off what a row names. Its neighbours (the same attempt's bytes) are needed too."""
        self.need(named.key.rpartition("/")[0] if named.key.startswith("jobs/") else named.key)
        found = self._stored.get(named.key)
        if found is None:
            self.missing.append(named)
        elif named.size_bytes is not None and found.size_bytes != named.size_bytes:
            difference = f"{found.size_bytes} bytes instead of {named.size_bytes}"
            self.findings.append(finding(Kind.BYTES_CHANGED, named.subject, key=named.key, difference=difference))

    def need(self, place: str) -> None:
        """Keep a key, or everything directly under a prefix (given without its last slash)."""
        self._needed.add(place)

    def orphans(self, *, at: datetime, age_s: float) -> list[tuple[str, Finding]]:
        """Return the keys that nothing needs and that are older than `age_s`, each with its finding."""
        before = at - timedelta(seconds=age_s)
        return [
            (key, finding(Kind.BYTES_ORPHANED, key, age_s=round((at - stored.modified_at).total_seconds())))
            for key, stored in sorted(self._stored.items())
            if stored.modified_at <= before and not self._is_needed(key)
        ]

    def _is_needed(self, key: str) -> bool:
        """What was left half written (`<key>#<number>`) is needed by nobody, not even beside a result."""
        return key in self._needed or ("#" not in key and key.rpartition("/")[0] in self._needed)


def missing(named: NamedBytes) -> Finding:
    return finding(Kind.BYTES_MISSING, named.subject, key=named.key)


def altered(named: NamedBytes, sha256: str) -> Finding:
    difference = f"SHA-256 {sha256[:16]}... instead of {str(named.sha256)[:16]}..."
    return finding(Kind.BYTES_CHANGED, named.subject, key=named.key, difference=difference)
