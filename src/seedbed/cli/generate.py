"""`seedbed generate`: pictures and a prompt in, an MP4 out, through any service that speaks the documents."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.signing_in import BaseUrl, Key, login

if TYPE_CHECKING:
    from seedbed_client import Client, Generation

_URL_SCHEMES = ("http://", "https://", "asset://", "data:")


def generate(
    references: Annotated[
        list[str] | None,
        typer.Argument(help="Up to five pictures, videos or sounds: local files or URLs. May be none."),
    ] = None,
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What the video shows and how it moves.")] = "",
    model: Annotated[str, typer.Option(help="seedance-2.0, seedance-2.0-fast or seedance-1.5-pro.")] = "seedance-2.0",
    duration: Annotated[int | None, typer.Option(help="Seconds, 4 to 15 (1.5-pro: 5 or 10).")] = None,
    resolution: Annotated[str | None, typer.Option(help="480p, 720p or 1080p.")] = None,
    aspect_ratio: Annotated[str | None, typer.Option(help="16:9, 9:16 or 1:1. Default: the first picture's.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same clip again.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the MP4 goes. Default: out/<id>.mp4.")] = None,
    base_url: BaseUrl = None,
    key: Key = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the video.")] = 3600.0,
) -> None:
    """Make a video from local files or URLs and a prompt, and save it."""
    from seedbed.cli.console import console
    from seedbed.cli.progress import shown_progress
    from seedbed_client import Client

    screen = console()
    login_url, login_key = login(base_url, key)
    started_s = time.monotonic()
    with Client(login_url, login_key) as client:
        urls = [url_of(client, reference) for reference in references or ()]
        created = client.create(
            prompt=prompt,
            model=model,
            media_urls=urls,
            duration=duration,
            resolution=resolution,
            aspectRatio=aspect_ratio,
            seed=seed,
        )
        screen.print(f"{created.request_id}: {created.charged_credits} credits")
        for warning in created.warnings:
            screen.print(f"  warning: {warning}")
        with shown_progress(screen) as tell:
            generation = client.wait(created.request_id, deadline_s=timeout, tell=tell)
        path = out or Path("out") / f"{created.request_id}.mp4"
        size_bytes = save(client, generation, path)
    screen.print(f"{path}: {measures(generation, size_bytes)}, {time.monotonic() - started_s:.1f} s")


def url_of(client: Client, reference: str) -> str:
    """Return the URL that stands for a reference, uploading it if it is a local file."""
    if reference.startswith(_URL_SCHEMES):
        return reference
    return client.upload(Path(reference).expanduser())


def save(client: Client, generation: Generation, path: Path) -> int:
    """Save the video of a generation that has succeeded and return its size in bytes."""
    assert generation.output is not None  # a generation that has succeeded has one
    return client.download(generation.output, path)


def measures(generation: Generation, size_bytes: int) -> str:
    """Return what a video measures, in words: `1280x720, 121 frames, 5.04 s, 2.1 MB`."""
    output = generation.output
    parts = [f"{size_bytes / 1e6:.1f} MB"]
    if output and output.width_px and output.frames and output.fps:
        seconds = output.frames / output.fps
        parts = [f"{output.width_px}x{output.height_px}", f"{output.frames} frames", f"{seconds:.2f} s", *parts]
    return ", ".join(parts)
