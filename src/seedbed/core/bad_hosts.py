"""Which machines spoil work: those where several workers fail while the same work goes well elsewhere.

A single bad worker looks after itself (`worker.health`), and a fault that is everywhere is no machine's. So nothing is
said of a machine unless it stands out, and never because of a server far away that answers badly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SEVERAL = 2
WITHIN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A worker, as far as this question goes. `since` is when it came to be as it is."""

    host: str
    pools: tuple[str, ...]
    is_quarantined: bool
    since: datetime
    is_remote: bool = False  # its engine only asks a server elsewhere
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BadHost:
    host: str
    reason: str


def bad_hosts(patients: Sequence[Patient], *, at: datetime) -> list[BadHost]:
    """Return the machines to be drained, by name.

    One is bad if at least two of its workers, and more than half of them, were quarantined within ten minutes, while
    on another machine a worker of such a pool is sound.
    """
    local = [patient for patient in patients if not patient.is_remote]
    found = []
    for host in sorted({patient.host for patient in local}):
        here = [patient for patient in local if patient.host == host]
        sick = [patient for patient in here if _fell_ill(patient, at)]
        pools = {pool for patient in sick for pool in patient.pools}
        sound_elsewhere = any(
            not patient.is_quarantined and patient.host != host and pools & set(patient.pools) for patient in local
        )
        if len(sick) >= SEVERAL and 2 * len(sick) > len(here) and sound_elsewhere:
            reasons = "; ".join(dict.fromkeys(patient.reason for patient in sick if patient.reason))
            found.append(BadHost(host, f"{len(sick)} of its {len(here)} workers are quarantined: {reasons}"))
    return found


def _fell_ill(patient: Patient, at: datetime) -> bool:
    return patient.is_quarantined and patient.since > at - timedelta(seconds=WITHIN_S)
