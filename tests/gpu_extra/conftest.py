"""Tests that need torch and diffusers: run by `make test-gpu-extra`, in an environment of their own, without a GPU.

Every model is made of random weights on the spot. What the libraries warn of in their own code is none of our affair.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# One thread: models as small as these gain nothing from more, and those of other tests would wait for one another.
os.environ.update(dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "OMP_NUM_THREADS"), "1"))

import without_operators  # noqa: F401  # for its effect, and before diffusers, which looks for torchvision once
from tiny_wan import save_i2v, save_ti2v  # after those lines: the libraries read them once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for library in ("diffusers", "torch", "transformers", "accelerate", "peft", "huggingface_hub"):
            item.add_marker(pytest.mark.filterwarnings(f"ignore::Warning:{library}"))


@pytest.fixture(scope="session")
def ti2v_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_ti2v(tmp_path_factory.mktemp("models") / "ti2v")


@pytest.fixture(scope="session")
def i2v_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_i2v(tmp_path_factory.mktemp("models") / "i2v")
