"""`seedbed get`, `list`, `watch`, `cancel`, `upload`: jobs that were ordered, here or anywhere else."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated

import typer

from seedbed.cli.exit_codes import ExitCode
from seedbed.cli.order_options import one_of
from seedbed.cli.signing_in import BaseUrl, Key, signed_in
from seedbed.core.job import State
from seedbed.core.models import MODELS

RequestId = Annotated[str, typer.Argument(help="The request's id, req_...")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, an object a line.")]


def get(
    request: RequestId,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also save the video there.")] = None,
    as_json: Json = False,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Show a generation as it is now. Exits with 1 if it has ended without a video."""
    from seedbed.cli.console import console
    from seedbed.cli.following import saved
    from seedbed.cli.showing import details, measures, print_json
    from seedbed_client import Status

    screen = console(to_stderr=as_json)
    with signed_in(base_url, key) as client:
        generation = client.videos.get(request)
        if as_json:
            print_json(generation)
        else:
            screen.print("\n".join(details(generation)))
        if out:
            screen.print(f"{out}: {measures(generation, saved(client, generation, out, screen))}")
    if generation.status in (Status.FAILED, Status.CANCELLED):
        raise typer.Exit(ExitCode.FAILED)


def list_jobs(
    status: Annotated[str | None, typer.Option(help="Only those.", autocompletion=one_of(*State))] = None,
    model: Annotated[str | None, typer.Option(help="Only this model's.", autocompletion=one_of(*MODELS))] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the newest first.")] = 20,
    as_json: Json = False,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """List generations, the newest first."""
    from seedbed.cli.console import console
    from seedbed.cli.showing import line_of, print_json

    screen, cursor, left = console(), None, limit
    with signed_in(base_url, key) as client:
        while left:
            page = client.videos.list(limit=min(left, 100), cursor=cursor, status=status, model=model)
            for generation in itertools.islice(page, left):
                left -= 1
                print_json(generation) if as_json else screen.print(line_of(generation))
            cursor = page.cursor
            if cursor is None:
                break
    if left == limit and not as_json:
        screen.print("There are none.")


def watch(
    request: RequestId,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Save the video there when it is made.")] = None,
    as_json: Json = False,
    base_url: BaseUrl = None,
    key: Key = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the end.")] = 3600.0,
) -> None:
    """Show place in the queue, stage and fraction as they change, until the end. With --json every event is a line."""
    from seedbed.cli.console import console
    from seedbed.cli.following import awaited, saved
    from seedbed.cli.showing import measures, print_json

    screen = console(to_stderr=as_json)
    with signed_in(base_url, key) as client:
        generation = awaited(client, request, screen, timeout_s=timeout, tell=print_json if as_json else None)
        if out:
            screen.print(f"{out}: {measures(generation, saved(client, generation, out, screen))}")
        elif generation.output:
            screen.print(generation.output.url)


def cancel(
    requests: Annotated[list[str], typer.Argument(help="The requests' ids, req_...")],
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Stop jobs that are not final. Their charge is given back at once. All are tried, whatever one says."""
    from seedbed.cli.console import complain
    from seedbed.cli.exit_codes import exit_code_of
    from seedbed_client import ApiError

    worst = ExitCode.OK
    with signed_in(base_url, key) as client:
        for request in requests:
            try:
                client.videos.cancel(request)
            except ApiError as refusal:
                complain(f"{request}: {refusal}")
                worst = max(worst, exit_code_of(refusal))
            else:
                typer.echo(f"{request} is cancelled.")
    if worst:
        raise typer.Exit(worst)


def upload(
    files: Annotated[list[Path], typer.Argument(help="Pictures, videos, sounds.", exists=True, dir_okay=False)],
    as_json: Json = False,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Upload files and print the URL that stands for each in a request."""
    from seedbed.cli.console import console
    from seedbed.cli.progress import shown_bytes
    from seedbed.cli.showing import print_json

    bars = console(to_stderr=True)
    with signed_in(base_url, key) as client:
        for file in files:
            with shown_bytes(bars, f"uploading {file.name}") as tell:
                asset = client.assets.upload(file, progress=tell)
            print_json(asset) if as_json else typer.echo(asset.url)
