"""The device that a model runs on: chosen by the operator, large enough, and nobody else's.

A second model on one GPU would fail in the middle of a job, when memory runs out; so whoever loads one holds a lock on
a file that is named after the GPU's own number, for as long as its process lives.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.card import Card

_POLL_S = 0.2
GB = 1_000_000_000


def torch_device(name: str) -> Any:
    """Return torch's device: `cpu`, `cuda` or `cuda:1`. Raises NotReady if there is none such."""
    import torch

    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise NotReady(
            "engines.diffusers: torch sees no GPU here. Install the torch build that fits the GPU's driver, "
            "or set device to cpu, which is far too slow for any but tiny models."
        )
    count = torch.cuda.device_count()
    number = int(name.partition(":")[2] or 0)
    if number >= count:
        raise NotReady(f"engines.diffusers: device is {name}, but torch sees {count} GPUs here, from cuda:0.")
    return torch.device("cuda", number)


def check_memory(card: Card, *, free_bytes: int, total_bytes: int, device: str) -> None:
    """Raises NotReady if the card says that its model needs more than is free."""
    if card.memory_gb is None or card.memory_gb * GB <= free_bytes:
        return
    of = f"{free_bytes / GB:.1f} GB are free of {total_bytes / GB:.1f} GB on {device}"
    others = " Something else uses the GPU: nvidia-smi shows what." if card.memory_gb * GB <= total_bytes else ""
    raise NotReady(
        f"{card.title} needs {card.memory_gb:g} GB of GPU memory, and {of}.{others} With offload set to group or "
        "sequential it needs less and takes longer; memory_gb says what it needs then."
    )


def check_gpu(card: Card, device: Any) -> None:
    """Raises NotReady if the GPU is too small for the card. A CPU is taken as it is."""
    import torch

    if device.type == "cuda":
        free_bytes, total_bytes = torch.cuda.mem_get_info(device)
        check_memory(card, free_bytes=free_bytes, total_bytes=total_bytes, device=_name_of(device))


def lock_gpu(device: Any, *, wait_s: float) -> int | None:
    """Take the GPU for this process, and return what holds it: a file descriptor. None for a CPU."""
    import torch

    if device.type != "cuda":
        return None
    return take_lock(str(torch.cuda.get_device_properties(device).uuid), _name_of(device), wait_s=wait_s)


def take_lock(uuid: str, device: str, *, wait_s: float, folder: Path | None = None) -> int:
    """Lock the file of that GPU until this process ends, or the descriptor is closed.

    A process that was just told to end may still hold it, so it is waited for. Raises NotReady after that.
    """
    path = (folder or Path(tempfile.gettempdir())) / f"seedbed-gpu-{uuid}.lock"
    file = _open(path)
    until_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError as exc:
            if time.monotonic() >= until_s:
                os.close(file)
                raise NotReady(
                    f"{device} is taken by another model's process ({path}). Give each engine a GPU of its own with "
                    "device, or set shares_gpu if the memory is known to suffice for both."
                ) from exc
        time.sleep(_POLL_S)


def _open(path: Path) -> int:
    """Open it to read, so that a file of another user will do: that is all that a lock needs."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_CREAT, 0o644)


def _name_of(device: Any) -> str:
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"
