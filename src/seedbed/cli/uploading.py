"""Local files become URLs before an order is sent, with a bar for each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from seedbed_client import Reference, Seedbed


def uploaded(client: Seedbed, references: Iterable[Reference], screen: Console) -> list[Reference]:
    """Return the references with URLs alone. A file that stands several times is sent once."""
    from seedbed.cli.progress import shown_bytes
    from seedbed_client import Reference

    urls: dict[Path, str] = {}
    sent = []
    for reference in references:
        if isinstance(reference.source, Path):
            if reference.source not in urls:
                with shown_bytes(screen, f"uploading {reference.source.name}") as tell:
                    urls[reference.source] = client.assets.upload(reference.source, progress=tell).url
            sent.append(Reference(urls[reference.source], reference.role))
        else:
            sent.append(reference)
    return sent
