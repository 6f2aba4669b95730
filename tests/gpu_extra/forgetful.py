"""The engine with a GPU that is full for the clips of one prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from seedbed.core.engine import Made, RenderTask, Report
from seedbed.engines.diffusers.engine import Diffusers

TOO_MUCH = "Too much for this GPU."


class Forgetful(Diffusers):
    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        def overflow(*_: Any) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

        if task.prompt == TOO_MUCH:
            self._model.pipeline.transformer.register_forward_pre_hook(overflow)  # and it stays: the process is spoilt
        return super().make(task, out, report)
