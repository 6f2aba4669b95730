"""The bench of the engine on a GPU: that it builds the models it says, and measures nothing else in their place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from accelerate import init_empty_weights

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

from bench.gpu.shapes import LTX, WAN  # noqa: E402  # it is no package of the project's


def test_the_shapes_are_as_large_as_the_models_are_called() -> None:
    from diffusers import LTX2VideoTransformer3DModel, WanTransformer3DModel
    from diffusers.pipelines.ltx2 import LTX2TextConnectors

    with init_empty_weights():
        ltx = [LTX2VideoTransformer3DModel(**LTX["transformer"]), LTX2TextConnectors(**LTX["connectors"])]
        wan = WanTransformer3DModel(**WAN["transformer"])

    assert sum(map(_size_billions, ltx)) == pytest.approx(22, abs=0.3)
    assert _size_billions(wan) == pytest.approx(5, abs=0.05)


def test_without_a_gpu_it_refuses_in_words() -> None:
    blind = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}

    ended = subprocess.run(
        [sys.executable, "-m", "bench.gpu"], cwd=ROOT, env=blind, capture_output=True, text=True, timeout=300
    )

    assert ended.returncode == 2
    assert "bench.gpu measures a GPU, and torch sees none here" in ended.stdout


def _size_billions(model: Any) -> float:
    return sum(weights.numel() for weights in model.parameters()) / 1e9
