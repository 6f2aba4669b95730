"""`seedbed demo`: one photograph becomes a video, through the whole service, started and stopped for it.

It goes through the same API as any client, over HTTP, with an account, credits and a key. Its data folder is thrown
away at the end; only the video stays.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from seedbed.cli.service import Running

PROMPT = "Slow push in through the dandelions at golden hour, drifting dust, light leaks"
PHOTOGRAPH = "dandelion.jpg"
SEED = 7  # the same clip for everybody, and in the README
_WIDTH = 13  # of the first column
_DEADLINE_S = 600.0


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the MP4 goes.")] = Path("out/demo.mp4"),
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What to make of the photograph.")] = PROMPT,
    image: Annotated[Path | None, typer.Option(help="Another picture than the photograph of dandelions.")] = None,
) -> None:
    """Make a video from a photograph, with the whole service started for it, and leave nothing running."""
    from seedbed.cli.console import console
    from seedbed.fleet.interrupts import run_loop

    started_s = time.monotonic()
    screen = console()
    run_loop(_demo(screen, image or sample_photograph(), prompt, out))
    _row(screen, "all of it", f"{time.monotonic() - started_s:.1f} s; nothing is left running")
    screen.print("\nNext: `make serve` (or `seedbed serve`) keeps the service running and prints lines to paste.")


def sample_photograph() -> Path:
    """Return the photograph that is shipped in the package. Clemens Engelhardt 2018, CC0-1.0."""
    import seedbed

    return Path(seedbed.__file__).parent / "samples" / PHOTOGRAPH


async def _demo(screen: Console, image: Path, prompt: str, out: Path) -> None:
    import asyncio

    from seedbed.fleet.interrupts import interrupts

    stop = asyncio.Event()
    with interrupts(stop.set, stop.set):
        async with _service(screen) as running:
            session = asyncio.create_task(asyncio.to_thread(_session, screen, running, image, prompt, out))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([session, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if session.done():
                session.result()
                return
            running.force()  # nobody wants the video any more
    # The service is gone, so the session meets a closed connection and ends; what it says then is of no interest.
    await asyncio.gather(session, return_exceptions=True)
    raise typer.Abort


@asynccontextmanager
async def _service(screen: Console) -> AsyncIterator[Running]:
    """Start the service on a free port, with a data folder of its own."""
    from seedbed.cli.listening import has_loopback
    from seedbed.cli.service import running_service
    from seedbed.cli.throwaway import throwaway_settings
    from seedbed.telemetry.logs import start_logging

    started_s = time.monotonic()
    # Only an error is written to the log: the demo's own lines are what counts.
    with throwaway_settings(port=0, log_level="error") as settings:
        start_logging(settings.log_level)
        socket_path = None if has_loopback() else settings.home / "http"
        async with running_service(settings, workers=1, socket_path=socket_path) as running:
            await running.ready()
            took_s = time.monotonic() - started_s
            where = socket_path or running.settings.base_url
            _row(screen, "service", f"database, API and worker at {where}, {took_s:.1f} s")
            yield running


def _session(screen: Console, running: Running, image: Path, prompt: str, out: Path) -> None:
    """Be a client: upload, create, watch, download. Runs in a thread, for the service needs the loop."""
    import httpx

    from seedbed.cli.following import awaited, saved
    from seedbed.cli.showing import measures
    from seedbed.cli.understanding import understood
    from seedbed_client import Seedbed

    assert running.login is not None  # an embedded service always makes one
    through = httpx.HTTPTransport(uds=str(running.socket_path)) if running.socket_path else None
    with (
        httpx.Client(transport=through, trust_env=False) as http,
        Seedbed(running.login.key, running.login.base_url, http_client=http) as client,
    ):
        _row(screen, "account", f"developer, with a key (...{running.login.key[-4:]}) and credits to spend")
        url = client.assets.upload(image).url
        _row(screen, "picture", f"{image.name} uploaded as {url}")
        submitted_s = time.monotonic()
        created = client.videos.create(
            prompt=prompt,
            model="seedance-2.0",
            media=[url],
            duration=5,
            resolution="720p",
            aspect_ratio="16:9",
            seed=SEED,
        )
        _row(screen, "request", f"POST /api/open/v1/video/generations -> {created.request_id}")
        _row(screen, "prompt", prompt)
        generation = awaited(client, created.request_id, screen, timeout_s=_DEADLINE_S)
        size_bytes = saved(client, generation, out, screen)
        took_s = time.monotonic() - submitted_s
    _row(screen, "video", f"{out}: {measures(generation, size_bytes)}")
    _row(screen, "credits", f"{created.charged_credits} charged")
    for line in understood(generation.shot_plan):
        _row(screen, "understood", line)
    for warning in generation.warnings:
        _row(screen, "warning", warning)
    _row(screen, "engine", f"{generation.engine}: submit to file in {took_s:.1f} s")


def _row(screen: Console, name: str, text: str) -> None:
    screen.print(f"{name:<{_WIDTH}}{text}")
