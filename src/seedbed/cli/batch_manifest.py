"""What became of each row of a batch: `manifest.json`, which is both the report and what a killed run goes on from.

It is written before every step that costs something and after every step that brings something, as a whole each time.
A row's idempotency key follows from the table and the row alone, so even a run that lost its manifest pays once.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from seedbed.cli.batch_table import Shot
from seedbed.cli.showing import wire_form
from seedbed_client.values import read

VERSION = 1
NAME = "manifest.json"
_FRESH = timedelta(hours=1)  # an upload has to last until the orders that name it are sent


class RowState(StrEnum):
    PLANNED = "planned"
    ORDERING = "ordering"  # perhaps ordered: the answer was not written down yet
    ORDERED = "ordered"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it ended without a video, and its charge was given back
    REFUSED = "refused"  # the service said no to the order


@dataclass(slots=True, kw_only=True)
class Row:
    """One row. `media` are the URLs that its order names, so that it can be sent again word for word."""

    row: int
    state: RowState = RowState.PLANNED
    file: str
    prompt: str
    digest: str
    attempt: int = 1
    idempotency_key: str
    media: tuple[str, ...] = ()
    request_id: str | None = None
    credits_charged: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    sha256: str
    url: str
    expires_at: datetime | None = None

    def lasts(self, *, at: datetime) -> bool:
        return self.expires_at is None or self.expires_at - at > _FRESH


@dataclass(slots=True, kw_only=True)
class Manifest:
    folder: Path
    service: str
    source: str
    sha256: str
    rows: list[Row] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def save(self) -> None:
        """Replace the file as a whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "version": VERSION,
            "source": self.source,
            "sha256": self.sha256,
            "service": self.service,
            "creditsCharged": sum(row.credits_charged or 0 for row in self.rows if row.state is not RowState.FAILED),
            "rows": [wire_form(row) for row in self.rows],
            "uploads": [wire_form(upload) for upload in self.uploads.values()],
        }
        part = self.folder / f".{NAME}.{os.getpid()}"
        part.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        part.replace(self.folder / NAME)

    def fresh_upload(self, sha256: str) -> Upload | None:
        """Return the upload of such a file if it still lasts a while."""
        known = self.uploads.get(sha256)
        return known if known and known.lasts(at=datetime.now(UTC)) else None


def resumed(
    folder: Path, shots: Sequence[Shot], *, service: str, source: Path, sha256: str, retries_failed: bool
) -> Manifest:
    """Return the manifest for a table: rows that were there before, unchanged, keep all that became of them.

    Raises BadParameter if the folder holds the results of another service, or a manifest that cannot be read.
    """
    before = _load(folder / NAME)
    if before and before["service"] != service:
        raise typer.BadParameter(f"{folder} holds results of {before['service']}; name another folder for {service}.")
    known: defaultdict[str, list[Row]] = defaultdict(list)
    for row in before["rows"] if before else ():
        known[row.digest].append(row)
    manifest = Manifest(folder=folder, service=service, source=source.name, sha256=sha256)
    manifest.uploads = {upload.sha256: upload for upload in (before["uploads"] if before else ())}
    for shot in shots:
        row = known[shot.digest].pop(0) if known[shot.digest] else new_row(shot, sha256)
        row.row = shot.row
        if retries_failed and row.state is RowState.FAILED:
            row = new_row(shot, sha256, attempt=row.attempt + 1)
        manifest.rows.append(row)
    return manifest


def new_row(shot: Shot, table_sha256: str, *, attempt: int = 1) -> Row:
    # The digest is part of the key because a picture may have changed without a change of the table.
    key = f"batch-{table_sha256[:16]}-{shot.row}-{shot.digest[:16]}-{attempt}"
    return Row(
        row=shot.row,
        file=f"{shot.row:03}-{shot.digest[:8]}.mp4",
        prompt=str(shot.wanted["prompt"]),
        digest=shot.digest,
        attempt=attempt,
        idempotency_key=key,
    )


def _load(path: Path) -> dict[str, Any] | None:
    try:
        facts = _of_this_version(json.loads(path.read_text(encoding="utf-8")))
        return {
            "service": str(facts["service"]),
            "rows": [read(Row, row) for row in facts["rows"]],
            "uploads": [read(Upload, upload) for upload in facts["uploads"]],
        }
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as exc:
        raise typer.BadParameter(f"{path} cannot be read ({exc}); move it away or name another folder.") from exc


def _of_this_version(facts: dict[str, Any]) -> dict[str, Any]:
    if facts["version"] != VERSION:
        raise ValueError(f"it is of version {facts['version']}, not {VERSION}")
    return facts
