"""What a dead service left behind is not taken for one that runs."""

from __future__ import annotations

import os
from pathlib import Path

from seedbed.cli.home import RunningService, load_running, save_running


def test_a_note_under_our_own_number_is_that_of_a_dead_service(tmp_path: Path) -> None:
    """In a container every first process has the number 1: the killed one, and the command that comes after."""
    save_running(tmp_path, RunningService(os.getpid(), "postgresql://gone"))

    assert load_running(tmp_path) is None


def test_a_note_under_another_number_is_read(tmp_path: Path) -> None:
    service = RunningService(os.getppid(), "postgresql://there")
    save_running(tmp_path, service)

    assert load_running(tmp_path) == service
