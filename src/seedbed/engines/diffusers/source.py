"""Finds a card's model on this machine: in its folder, or in the hub's cache, whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.hub import find_snapshot, how_to_get
from seedbed.engines.diffusers.shards import check_folder


def find_source(card: Card, *, environ: Mapping[str, str]) -> Path:
    """Return the folder with the model's components. Loads nothing.

    Raises NotReady: not there, another revision there, gated, or not whole; with the command that helps.
    """
    if card.folder:
        folder = Path(card.folder).expanduser()
        check_folder(folder)
        return folder
    assert card.repository is not None  # a card has one of the two
    snapshot = find_snapshot(card.repository, card.revision, is_gated=card.is_gated, environ=environ)
    check_folder(
        snapshot, how_to_get=how_to_get(card.repository, card.revision, is_gated=card.is_gated, environ=environ)
    )
    return snapshot
