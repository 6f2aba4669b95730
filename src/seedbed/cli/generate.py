"""`seedbed generate` and `seedbed estimate`: pictures and a prompt in, an MP4 or a price out.

They work with any service that speaks the documents.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.order_options import OrderOptions, takes_order
from seedbed.cli.signing_in import BaseUrl, Key, signed_in

if TYPE_CHECKING:
    from seedbed_client import Generation

Json = Annotated[bool, typer.Option("--json", help="Print JSON on the standard output, and nothing else there.")]


@takes_order
def generate(
    order: OrderOptions,
    *,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the video and save it.")] = True,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the MP4 goes. Default: out/<id>.mp4.")] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key and order again is the same job, paid once.")
    ] = None,
    as_json: Json = False,
    base_url: BaseUrl = None,
    key: Key = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the video.")] = 3600.0,
) -> None:
    """Make a video from local files or URLs and a prompt, and save it."""
    from seedbed.cli.console import console
    from seedbed.cli.following import awaited, saved
    from seedbed.cli.showing import measures, print_json, wire_form
    from seedbed.cli.uploading import uploaded

    if out and not wait:
        raise typer.BadParameter("--out needs --wait; `seedbed get <id> --out clip.mp4` saves the video later.")
    screen, started_s = console(to_stderr=as_json), time.monotonic()
    wanted, references = order.wanted(), order.references()
    with signed_in(base_url, key) as client:
        media = uploaded(client, references, screen)
        created = client.videos.create(**wanted, media=media, idempotency_key=idempotency_key)
        for line in _ordered(created):
            screen.print(line)
        if not wait:
            if as_json:
                print_json(created)
            return
        generation = awaited(client, created.request_id, screen, timeout_s=timeout)
        path = out or Path("out") / f"{created.request_id}.mp4"
        size_bytes = saved(client, generation, path, screen)
    if as_json:
        print_json(wire_form(generation) | {"file": str(path)})
    screen.print(f"{path}: {measures(generation, size_bytes)}, {time.monotonic() - started_s:.1f} s")


@takes_order
def estimate(order: OrderOptions, *, as_json: Json = False, base_url: BaseUrl = None, key: Key = None) -> None:
    """Check an order and say what it would cost, without making anything. Local files stay here."""
    from seedbed.cli.console import console
    from seedbed.cli.showing import print_json, printable

    screen = console(to_stderr=as_json)
    wanted, references = order.wanted(), order.references()
    with signed_in(base_url, key) as client:
        priced = client.videos.estimate(**wanted, media=references)
    if as_json:
        print_json(priced)
        return
    left = "" if priced.available is None else f", of {priced.available} available"
    screen.print(f"{priced.credits} credits{left}")
    for warning in priced.warnings:
        screen.print(f"  warning: {printable(warning)}")


def _ordered(created: Generation) -> list[str]:
    from seedbed.cli.showing import printable

    cost = "" if created.charged_credits is None else f": {created.charged_credits} credits"
    return [f"{created.request_id}{cost}", *(f"  warning: {printable(said)}" for said in created.warnings)]
