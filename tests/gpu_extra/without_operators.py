"""Lets torchvision be imported beside the CPU's torch, which it is not compiled for.

The processors of MiniMax-H3's text model scale pictures with torchvision's plain functions. On import it also declares
two operators of its compiled part, which cannot be loaded there: they are named here first, and nobody calls them.
It lies in a folder of its own, so that only the tests that ask for it have it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

_FOLDER = Path(__file__).parents[2] / "build/gpu/torchvision"

if _FOLDER.is_dir():
    LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # kept: what it declares goes with it
    for _name in ("nms", "qnms"):
        LIBRARY.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    sys.path.append(str(_FOLDER))
