"""Waits for a generation with a bar, and leaves the job alone when the person no longer wants to wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seedbed.cli.console import complain
from seedbed.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from seedbed_client import Event, Generation, Seedbed


def awaited(
    client: Seedbed, request_id: str, screen: Console, *, timeout_s: float, tell: Callable[[Event], None] | None = None
) -> Generation:
    """Return the generation once it has succeeded, showing how far it is or, with `tell`, telling each event.

    Ctrl-C ends the waiting with exit code 130, and says how to go on. Raises what `videos.wait` raises.
    """
    from seedbed.cli.progress import shown_progress

    try:
        with nullcontext(tell) if tell else shown_progress(screen) as hear:
            for event in client.videos.events(request_id, timeout_s=timeout_s):
                hear(event)
        return client.videos.wait(request_id, timeout_s=timeout_s)
    except KeyboardInterrupt as exc:
        complain(
            f"{request_id} goes on. `seedbed watch {request_id}` waits for it again, `seedbed get {request_id} "
            f"--out clip.mp4` fetches it, `seedbed cancel {request_id}` stops it and gives the credits back."
        )
        raise typer.Exit(ExitCode.INTERRUPTED) from exc


def saved(client: Seedbed, generation: Generation, to: Path, screen: Console) -> int:
    """Save the video with a bar and return its size in bytes. Ctrl-C leaves nothing half."""
    from seedbed.cli.progress import shown_bytes

    with shown_bytes(screen, f"downloading {to.name}") as tell:
        return client.videos.download(generation, to, progress=tell).stat().st_size
