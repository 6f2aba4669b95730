"""The settings of a service whose data is thrown away at the end, whatever the environment says of yours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.settings import Settings


@contextmanager
def throwaway_settings(*, port: int, log_level: str) -> Iterator[Settings]:
    """Give settings with an embedded database in a new folder, and delete it at the end of the block."""
    from seedbed.settings import load_settings
    from seedbed.store import embedded

    with tempfile.TemporaryDirectory(prefix="seedbed-throwaway-") as name:
        home = Path(name)
        home.chmod(0o711)  # as root, the database's own user has to pass through
        given = load_settings()
        settings = replace(
            given,
            home=home,
            host="127.0.0.1",
            port=port,
            database_url=None,
            listen_url=None,
            blobs_url=None,
            public_url=None,
            log_level="debug" if given.log_level == "debug" else log_level,
        )
        try:
            yield settings
        finally:
            embedded.erase(settings.database_folder)
