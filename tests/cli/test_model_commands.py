"""`seedbed models`: what is here, what is not, and how to get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.core.errors import NotReady
from seedbed.worker.open_weights import check_model, findings

REPOSITORY = "models--Wan-AI--Wan2.2-TI2V-5B-Diffusers"


def write_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps({"scheduler": ["diffusers", "UniPCMultistepScheduler"]}))
    (folder / "scheduler").mkdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_only_what_is_in_the_cache_is_said_to_be_here(cache: Path) -> None:
    write_model(cache / REPOSITORY / "snapshots" / "abc")
    (cache / REPOSITORY / "refs").mkdir()
    (cache / REPOSITORY / "refs/main").write_text("abc")

    here = {found.name for found in findings() if found.lacks is None}

    assert here == {"wan-2.2-ti2v-5b"}


def test_the_list_names_every_card_with_its_licence(cache: Path) -> None:
    said = CliRunner().invoke(app, ["models", "list"], env={"COLUMNS": "200"})

    assert said.exit_code == 0
    for found in findings():
        assert found.name in said.output
        assert found.licence in said.output


def test_a_model_that_is_not_here_is_told_with_the_command_that_fetches_it(cache: Path) -> None:
    with pytest.raises(NotReady, match=r"hf download Wan-AI/Wan2\.2-TI2V-5B-Diffusers --revision main"):
        check_model("wan-2.2-ti2v-5b", {}, device="cpu")


def test_a_model_in_a_folder_is_looked_at_there(cache: Path, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")

    said = CliRunner().invoke(app, ["models", "check", "wan-2.2-ti2v-5b", "--folder", str(folder), "--device", "cpu"])

    assert said.exit_code == 0, said.output
    assert "is whole" in said.output
