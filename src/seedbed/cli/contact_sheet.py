"""`seedbed contact-sheet`: frames of a clip in one picture, so that a person can judge it at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def contact_sheet(
    file: Annotated[Path, typer.Argument(help="An MP4, MOV or M4V file.", exists=True, dir_okay=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the PNG goes. Default: beside the file, as <name>.sheet.png."),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, max=400, help="How many frames, evenly apart.")] = 12,
    columns: Annotated[int | None, typer.Option(min=1, help="Frames in a row. Default: as fits a screen.")] = None,
) -> None:
    """Lay out frames of a video in one PNG, each with its time."""
    from PIL import Image

    from seedbed.core.faults import MediaFault
    from seedbed.media.contact_sheet import contact_sheet as lay_out_frames

    try:
        sheet = lay_out_frames(file, frames=frames, columns=columns)
    except MediaFault as fault:
        raise fault.at(file.name) from fault
    target = out or file.with_suffix(".sheet.png")
    Image.fromarray(sheet).save(target)
    typer.echo(f"{target}: {sheet.shape[1]}x{sheet.shape[0]}")
