"""Where a model is looked for, and how it is told that it is not there, not whole or not allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seedbed.core.errors import NotReady
from seedbed.engines.diffusers.hub import cache_folder
from seedbed.engines.diffusers.shards import check_folder
from seedbed.engines.diffusers.shelf import open_card
from seedbed.engines.diffusers.source import find_source

REPOSITORY = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
COMMIT = "b8fff7315c768468a5333511427288870b2e9635"


def write_model(folder: Path) -> Path:
    """A model of two shards, a tokenizer and a scheduler, laid out as the library lays them."""
    components = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
        "image_encoder": [None, None],
    }
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps(components))
    for name in ("transformer", "tokenizer", "scheduler"):
        (folder / name).mkdir()
    (folder / "scheduler/scheduler_config.json").write_text("{}")
    (folder / "tokenizer/tokenizer.json").write_text("{}")
    (folder / "transformer/config.json").write_text('{"num_layers": 2}')
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "transformer/model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    for tensor, shard in shards.items():
        write_shard(folder / "transformer" / shard, tensor)
    return folder


def write_shard(path: Path, tensor: str) -> None:
    header = json.dumps({tensor: {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))


def write_cache(home: Path, *, branch: str = "main") -> dict[str, str]:
    """The hub's cache with one commit of the model, under a branch. Returns the environment that points to it."""
    repository = home / "hub" / f"models--{REPOSITORY.replace('/', '--')}"
    write_model(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / branch).write_text(COMMIT)
    return {"HF_HOME": str(home)}


def test_a_whole_folder_passes(tmp_path: Path) -> None:
    check_folder(write_model(tmp_path / "model"))


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "transformer/model-00002-of-00002.safetensors").unlink()

    with pytest.raises(NotReady, match=r"transformer/model-00002-of-00002\.safetensors is missing"):
        check_folder(folder)


def test_a_shard_that_was_cut_short_is_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    shard = folder / "transformer/model-00001-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1])

    with pytest.raises(NotReady, match=r"model-00001-of-00002\.safetensors is cut short"):
        check_folder(folder)


@pytest.mark.parametrize("held", [b"", b"<html>not found</html>", bytes(64), (2**40).to_bytes(8, "little")])
def test_a_shard_that_is_none_is_named(tmp_path: Path, held: bytes) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "transformer/model-00001-of-00002.safetensors").write_bytes(held)

    with pytest.raises(NotReady, match=r"model-00001-of-00002\.safetensors is (cut short|no safetensors file)"):
        check_folder(folder)


def test_a_link_into_a_cache_that_was_cleaned_counts_as_missing(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    shard = folder / "transformer/model-00001-of-00002.safetensors"
    shard.unlink()
    shard.symlink_to(tmp_path / "blobs" / "gone")

    with pytest.raises(NotReady, match=r"model-00001-of-00002\.safetensors is missing"):
        check_folder(folder)


def test_a_missing_component_and_one_without_weights_are_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    for file in (folder / "transformer").glob("*.safetensors*"):
        file.unlink()
    with pytest.raises(NotReady, match="transformer has no weights"):
        check_folder(folder)

    (folder / "scheduler/scheduler_config.json").unlink()
    (folder / "scheduler").rmdir()
    (folder / "transformer/model.safetensors").write_bytes((8).to_bytes(8, "little") + b"{}      ")
    with pytest.raises(NotReady, match="scheduler is missing"):
        check_folder(folder)


def test_a_folder_that_is_no_model_is_told_apart_from_none(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"neither model_index\.json nor modular_model_index\.json"):
        check_folder(tmp_path)
    with pytest.raises(NotReady, match="There is no folder"):
        check_folder(tmp_path / "nothing")


def test_a_model_is_found_in_the_cache_by_branch_and_by_commit(tmp_path: Path) -> None:
    environ = write_cache(tmp_path)

    by_branch = find_source(open_card("wan-2.2-ti2v-5b"), environ=environ)
    by_commit = find_source(open_card("wan-2.2-ti2v-5b", {"revision": COMMIT}), environ=environ)

    assert by_branch == by_commit
    assert by_branch.name == COMMIT


def test_a_model_that_is_not_in_the_cache_is_told_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(NotReady) as refused:
        find_source(open_card("wan-2.2-ti2v-5b"), environ={"HF_HOME": str(tmp_path)})

    assert f"hf download {REPOSITORY} --revision main" in str(refused.value)
    assert "gated" not in str(refused.value)


def test_a_wrong_revision_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    environ = write_cache(tmp_path)

    with pytest.raises(NotReady) as refused:
        find_source(open_card("wan-2.2-ti2v-5b", {"revision": "v2"}), environ=environ)

    assert "not its revision v2; there is main" in str(refused.value)
    assert f"hf download {REPOSITORY} --revision v2" in str(refused.value)


def test_a_gated_model_without_a_token_is_told_to_sign_in_first(tmp_path: Path) -> None:
    card = open_card("minimax-h3")

    with pytest.raises(NotReady, match=r"gated, and there is no token.*hf auth login"):
        find_source(card, environ={"HF_HOME": str(tmp_path)})
    with pytest.raises(NotReady) as signed_in:
        find_source(card, environ={"HF_HOME": str(tmp_path), "HF_TOKEN": "hf_x"})
    assert "hf auth login" not in str(signed_in.value)


def test_a_download_that_broke_off_is_told_with_the_command_that_goes_on(tmp_path: Path) -> None:
    environ = write_cache(tmp_path)
    folder = find_source(open_card("wan-2.2-ti2v-5b"), environ=environ)
    (folder / "transformer/model-00001-of-00002.safetensors").unlink()

    with pytest.raises(NotReady, match=r"is missing.*hf download"):
        find_source(open_card("wan-2.2-ti2v-5b"), environ=environ)


def test_the_cache_is_where_the_hubs_own_tools_have_it() -> None:
    assert cache_folder({"HF_HUB_CACHE": "/c"}) == Path("/c")
    assert cache_folder({"HF_HOME": "/h"}) == Path("/h/hub")
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")
    assert cache_folder({}) == Path.home() / ".cache/huggingface/hub"
