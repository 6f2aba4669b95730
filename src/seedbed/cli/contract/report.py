"""What was found, as a file that another day's can be compared with. The key and a URL's user and query stay out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedbed.cli.contract.asking import Finding, Verdict
from seedbed.core.errors import NotReady

FORM = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A fact on which two reports differ; a verdict is None where a report does not know the fact."""

    id: str
    before: str | None
    after: str | None


def as_object(findings: Sequence[Finding], *, base_url: str, at: datetime, spent_credits: int) -> dict[str, Any]:
    parts = urlsplit(base_url)
    counts = Counter(finding.verdict for finding in findings)
    return {
        "form": FORM,
        "baseUrl": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}",
        "at": at.isoformat(timespec="seconds"),
        "spentCredits": spent_credits,
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "facts": [
            {"id": each.fact.id, "section": each.fact.section, "says": each.fact.says}
            | {"verdict": each.verdict.value, "seen": each.seen}
            for each in findings
        ],
    }


def save(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """Raises NotReady if the file holds no report of this form, OSError if it cannot be read."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        report = None
    if not isinstance(report, dict) or report.get("form") != FORM or not isinstance(report.get("facts"), list):
        raise NotReady(f"{path} holds no report of `seedbed conformance`; give the file that --report has written.")
    return report


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Return what differs, in the order of the later report."""
    old, new = _verdicts(before), _verdicts(after)
    known = [*new, *(fact for fact in old if fact not in new)]
    return [Change(fact, old.get(fact), new.get(fact)) for fact in known if old.get(fact) != new.get(fact)]


def _verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {str(fact["id"]): str(fact["verdict"]) for fact in report["facts"]}
