"""Where the clients lie that have environments of their own, and what their programs print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "clients"
OPERATIONS = ("create", "poll", "download", "list", "cancel", "delete", "error")

Saw = dict[str, dict[str, Any]]  # by operation
RunClient = Callable[..., Saw]
Tell = Callable[..., None]
