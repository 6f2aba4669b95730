"""Reads a table of shots: a CSV file with a row for each video. All of its faults are found at once.

A shot's digest covers everything that decides its video, the bytes of local files too, so that a changed row is another
shot, and an unchanged one is known again wherever it stands.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedbed.cli.order_options import OrderOptions

if TYPE_CHECKING:
    from seedbed_client import Reference


def _yes_or_no(text: str) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError(f"must be yes or no, not '{text[:40]}'")
    return words[text.lower()]


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as exc:
        raise ValueError(f"must be a whole number, not '{text[:40]}'") from exc


@dataclass(frozen=True, slots=True)
class Column:
    """Which option of `seedbed generate` a column stands for, and how a cell is read."""

    option: str
    read: Callable[[str], Any] = str


COLUMNS = {
    "prompt": Column("prompt"),
    "model": Column("model"),
    "media": Column("media", _several),
    "images": Column("image", _several),
    "videos": Column("video", _several),
    "audios": Column("audio", _several),
    "first_frame": Column("first_frame"),
    "last_frame": Column("last_frame"),
    "references": Column("reference", _several),
    "duration": Column("duration", _whole),
    "resolution": Column("resolution"),
    "aspect_ratio": Column("aspect_ratio"),
    "seed": Column("seed", _whole),
    "sound": Column("sound", _yes_or_no),
    "return_last_frame": Column("return_last_frame", _yes_or_no),
    "priority": Column("priority", _whole),
    "expires_after": Column("expires_after", _whole),
    "webhook_url": Column("webhook_url"),
    "metadata": Column("metadata"),
}
# aspect_ratio, aspectRatio and Aspect Ratio are one column.
_KNOWN = {name.replace("_", ""): name for name in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One row. `wanted` are the fields that the client takes besides the media."""

    row: int
    wanted: Mapping[str, Any]
    references: tuple[Reference, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Table:
    """`sha256` is that of the file."""

    shots: tuple[Shot, ...]
    sha256: str
    faults: tuple[str, ...]


def read_table(path: Path, *, take: int) -> Table:
    """Return the shots of a CSV file in UTF-8. Media are looked for beside it. Raises BadParameter and OSError."""
    raw = path.read_bytes()
    try:
        lines = raw.decode("utf-8-sig").splitlines(keepends=True)
        rows = list(csv.reader(lines, strict=True))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise typer.BadParameter(f"{path} is not CSV in UTF-8 ({exc}).") from exc
    header, *records = rows or [[]]
    names = _header(path, header)
    shots, faults = [], []
    for number, record in enumerate(records, start=1):
        if not any(cell.strip() for cell in record):
            continue
        try:
            shots.append(_shot(number, _cells(names, record), path.parent, take))
        except (ValueError, typer.BadParameter, OSError) as exc:
            said = f"{exc.strerror}: {exc.filename}" if isinstance(exc, OSError) else str(exc)
            faults.append(f"row {number}: {said}")
    return Table(tuple(shots), hashlib.sha256(raw).hexdigest(), tuple(faults))


def _header(path: Path, header: list[str]) -> list[str]:
    plain = ["".join(filter(str.isalnum, name)).lower() for name in header]
    unknown = [name for name, key in zip(header, plain, strict=True) if key not in _KNOWN]
    if unknown or "prompt" not in plain or len(set(plain)) < len(plain):
        wrong = (
            f"has a column '{unknown[0][:40]}', which is none of" if unknown else "needs a prompt, and each once, of"
        )
        raise typer.BadParameter(f"{path} {wrong}: {', '.join(COLUMNS)}.")
    return [_KNOWN[key] for key in plain]


def _cells(names: list[str], record: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the cells that say something. Raises ValueError if there are more of them than columns."""
    if len(record) > len(names):
        raise ValueError(f"has {len(record)} cells for {len(names)} columns; put quotes around text with commas")
    return ((name, cell.strip()) for name, cell in zip(names, record, strict=False) if cell.strip())


def _shot(number: int, cells: Iterator[tuple[str, str]], folder: Path, take: int) -> Shot:
    given = {}
    for name, cell in cells:
        column = COLUMNS[name]
        try:
            given[column.option] = column.read(cell)
        except ValueError as exc:
            raise ValueError(f"{name} {exc}") from exc
    order = OrderOptions(**given)
    wanted, references = order.wanted(), tuple(order.references(folder=folder))
    said = {"take": take, "wanted": wanted, "references": [[r.role, fingerprint(r.source)] for r in references]}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return Shot(row=number, wanted=wanted, references=references, digest=digest)


def fingerprint(source: str | Path) -> str:
    """Return what tells a source from others: a URL as it is, or the hash of a file's bytes."""
    if isinstance(source, str):
        return source
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
