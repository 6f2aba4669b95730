"""`seedbed batch`: a table of shots becomes a folder of videos, priced before anything is ordered."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.exit_codes import ExitCode
from seedbed.cli.signing_in import BaseUrl, Key, login

if TYPE_CHECKING:
    from seedbed.cli.batch_manifest import Manifest, Row
    from seedbed.cli.batch_run import Priced
    from seedbed.cli.batch_table import Table

SHEET = "contact-sheet.png"
LOCK = ".batch.lock"
RETRIES = 8  # a batch has time, so a full queue or a busy service does not end it


def batch(
    table: Annotated[Path, typer.Argument(help="A CSV file; its columns: docs/cli.md.", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the videos.")] = Path("out"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether the price is all right.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check and price.")] = False,
    concurrency: Annotated[int, typer.Option("--concurrency", "-c", min=1, max=64, help="Videos at a time.")] = 4,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Order rows anew that failed.")] = False,
    take: Annotated[int, typer.Option(min=1, help="Another number makes new videos of the same table.")] = 1,
    base_url: BaseUrl = None,
    key: Key = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for each video.")] = 3600.0,
) -> None:
    """Make a video of each row of a CSV file. A run that was stopped goes on where it was, and pays nothing twice."""
    from seedbed.cli.batch_manifest import resumed
    from seedbed.cli.batch_table import read_table
    from seedbed.cli.console import complain

    service_url, service_key = login(base_url, key)
    read = read_table(table, take=take)
    if read.faults or not read.shots:
        _refuse(read.faults or (f"{table} has no rows",), ExitCode.MISUSED)
    manifest = resumed(
        out, read.shots, service=service_url, source=table, sha256=read.sha256, retries_failed=retry_failed
    )
    going = _Going(manifest, read, concurrency, timeout)
    try:
        code = asyncio.run(going.go(service_url, service_key, is_agreed=yes, only_prices=dry_run))
    except KeyboardInterrupt as exc:
        complain("Interrupted. What was ordered goes on; the same command goes on from here and pays nothing twice.")
        raise typer.Exit(ExitCode.INTERRUPTED) from exc
    raise typer.Exit(code)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of the folder until the end of the block: two would each write what the other has not read.

    Raises BadParameter if one is at work there.
    """
    from seedbed.core.errors import NotReady
    from seedbed.store.embedded.lock import locked

    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(folder, file=LOCK))
        except NotReady as exc:
            raise typer.BadParameter(
                f"another `seedbed batch` is at work in {folder}; let it finish, or name another folder.",
                param_hint="--out",
            ) from exc
        yield


class _Going:
    """What is said and asked around the run itself."""

    def __init__(self, manifest: Manifest, table: Table, concurrency: int, timeout_s: float) -> None:
        self._manifest, self._table = manifest, table
        self._concurrency, self._timeout_s = concurrency, timeout_s

    async def go(self, url: str, key: str, *, is_agreed: bool, only_prices: bool) -> ExitCode:
        from seedbed.cli.batch_run import Run, price, to_order, unfinished
        from seedbed_client import AsyncSeedbed

        async with AsyncSeedbed(key, url, max_retries=RETRIES) as client:
            priced = await price(client, self._table.shots, to_order(self._manifest))
            self._check(priced)
            if only_prices:
                return ExitCode.OK
            if priced and not is_agreed:
                _ask()
            with _alone(self._manifest.folder):
                self._manifest.save()
                told = _Told(len(unfinished(self._manifest)))
                code = await Run(
                    client, self._manifest, self._table.shots, self._concurrency, self._timeout_s, told.row
                ).go()
                self._lay_out()
        return code

    def _check(self, priced: list[Priced]) -> None:
        """Say what it costs. Exits if a row is refused, or if the account has not enough for all."""
        refused = [f"row {one.row.row}: {one.refusal}" for one in priced if one.refusal]
        if refused:
            _refuse(tuple(refused), ExitCode.REFUSED)
        estimates = [one.estimate for one in priced if one.estimate]
        total, available = sum(one.credits for one in estimates), [one.available for one in estimates]
        left = min((known for known in available if known is not None), default=None)
        for one in priced:
            for warning in one.estimate.warnings if one.estimate else ():
                typer.echo(f"row {one.row.row}: warning: {warning}")
        done = len(self._manifest.rows) - len(priced)
        of = "" if left is None else f" of {left} available"
        typer.echo(
            f"{len(priced)} video(s) to order: {total} credits{of}. {done} of {len(self._manifest.rows)} were "
            "ordered before."
        )
        if left is not None and total > left:
            _refuse((f"{total} credits are needed and {left} available; nothing was ordered",), ExitCode.REFUSED)

    def _lay_out(self) -> None:
        from seedbed.cli.batch_manifest import RowState
        from seedbed.cli.batch_sheet import batch_sheet

        made = [row for row in self._manifest.rows if row.state is RowState.SUCCEEDED]
        sheet = batch_sheet((row.row, self._manifest.folder / row.file) for row in made)
        charged = sum(row.credits_charged or 0 for row in made)
        typer.echo(f"{len(made)} of {len(self._manifest.rows)} videos in {self._manifest.folder}: {charged} credits")
        if sheet:
            sheet.save(self._manifest.folder / SHEET)
            typer.echo(f"{self._manifest.folder / SHEET}: {sheet.width}x{sheet.height}")


class _Told:
    """A line for each row that came to its end."""

    def __init__(self, left: int) -> None:
        self._left, self._done = left, 0

    def row(self, row: Row) -> None:
        from seedbed.cli.showing import printable

        self._done += 1
        what = row.file if row.error is None else printable(row.error, longest=200)
        typer.echo(f"  {self._done}/{self._left}  row {row.row}  {row.state.value}  {row.request_id or '-'}  {what}")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("Nobody is at a terminal to agree to the price; say --yes.")
    typer.confirm("Order them?", abort=True)


def _refuse(faults: tuple[str, ...], code: ExitCode) -> None:
    from seedbed.cli.console import complain

    for fault in faults:
        complain(fault)
    raise typer.Exit(code)
