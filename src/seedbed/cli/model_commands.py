"""`seedbed models`: the open weights that the engine `diffusers` can run, and whether they are on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

model_commands = typer.Typer(help="Open weights that can be run on this machine.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A model's name in `seedbed models list`, or the path of a card.toml.")]
Folder = Annotated[str | None, typer.Option("--folder", help="Look for the weights here, not where the card says.")]
Device = Annotated[str, typer.Option("--device", help="The GPU that it is to fit: cuda, cuda:1; cpu asks for none.")]


@model_commands.command(name="list")
def list_models() -> None:
    """Show every model that there is a card for, and whether its weights are here."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.worker.open_weights import findings

    table = Table("name", "here", "where", "GPU memory", "licence", box=None, pad_edge=False)
    for found in findings():
        memory = "?" if found.memory_gb is None else f"{found.memory_gb:g} GB"
        table.add_row(found.name, "no" if found.lacks else "yes", found.source, memory, found.licence)
    out = console()
    out.soft_wrap = False
    out.print(table)
    out.print("`seedbed models check NAME` says how to get one.")


@model_commands.command()
def check(name: Name, folder: Folder = None, device: Device = "cuda") -> None:
    """Look whether a model is whole and fits the GPU. Makes no video. Exits with 1, and what helps, if it does not."""
    from seedbed.cli.console import console
    from seedbed.worker.open_weights import check_model

    place = check_model(name, {} if folder is None else {"folder": folder}, device=device)
    console().print(f"{name} is whole, in {place}, and fits {device}.")
