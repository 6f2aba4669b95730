"""`seedbed audit`: looks whether money, lanes, bytes and webhooks are as they must be, and mends what a program may."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.core.audit import Finding, Report
    from seedbed.settings import Settings

SOUND, AMISS, NOT_MADE = 0, 1, 2


def audit(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is safe to mend, then look again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --repair: only say what it would do.")] = False,
    checksums: Annotated[bool, typer.Option("--checksums", help="Also read every result and compare it.")] = False,
    orphans_after_s: Annotated[
        float | None, typer.Option(min=0, help="Bytes that nothing names count from this age on; default two days.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    prometheus: Annotated[
        Path | None, typer.Option(help="Also write the counts there, for node exporter's textfile collector.")
    ] = None,
) -> None:
    """Look for damage, beside the running service if there is one. Exits with 0 if all is sound, 1 if anything is
    amiss (still, after --repair), 2 if the audit could not be made."""
    from seedbed.cli.console import complain
    from seedbed.core.audit import ORPHAN_AGE_S
    from seedbed.core.errors import SeedbedError
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    age_s = ORPHAN_AGE_S if orphans_after_s is None else orphans_after_s
    try:
        before, after = run_loop(
            _audit(load_settings(), mends=repair and not dry_run, reads_bytes=checksums, orphan_age_s=age_s)
        )
        if prometheus:
            _write(prometheus, after)
    except (SeedbedError, OSError) as fault:
        complain(str(fault))
        raise typer.Exit(NOT_MADE) from fault
    mended = [finding for finding in before.findings if finding not in after.findings]
    _tell(after, mended, would_mend=repair and dry_run, as_json=as_json)
    raise typer.Exit(AMISS if after.findings else SOUND)


async def _audit(settings: Settings, *, mends: bool, reads_bytes: bool, orphan_age_s: float) -> tuple[Report, Report]:
    """Return what was found at first, and what is left in the end."""
    from seedbed.actions.audit import audit as look
    from seedbed.actions.repair import repair
    from seedbed.blobs.store import open_blobs
    from seedbed.cli.database import connected, ready_database_url

    with ready_database_url(settings) as url:
        blobs = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
        async with connected(url) as conn:
            before = await look(conn, blobs, orphan_age_s=orphan_age_s, reads_bytes=reads_bytes)
            if not mends or not any(finding.is_repairable for finding in before.findings):
                return before, before
            await repair(conn, blobs, before.findings)
            return before, await look(conn, blobs, orphan_age_s=orphan_age_s, reads_bytes=reads_bytes)


def _tell(report: Report, mended: list[Finding], *, would_mend: bool, as_json: bool) -> None:
    if as_json:
        facts = {
            "at": report.at.isoformat(),
            "counts": {kind.value: count for kind, count in report.counts().items()},
            "findings": [_as_object(finding) for finding in report.findings],
            "mended": [_as_object(finding) for finding in mended],
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        return
    for finding in mended:
        typer.echo(f"mended      {finding.kind}: {finding.says}")
    for finding in report.findings:
        mark = "would mend " if would_mend and finding.is_repairable else "amiss      "
        typer.echo(f"{mark} {finding.kind}: {finding.says} ({finding.remedy})")
    typer.echo(f"{len(report.findings)} finding(s)." if report.findings else "All is sound.")


def _as_object(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "subject": finding.subject,
        "says": finding.says,
        "repairable": finding.is_repairable,
        "remedy": finding.remedy,
    }


def _write(path: Path, report: Report) -> None:
    """Replace the file as a whole: a collector never reads half of it."""
    from seedbed.core.audit import prometheus

    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        part.write_text(prometheus(report), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
