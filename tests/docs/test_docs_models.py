"""docs/models.md against the code: every key, option, flavour and card stands in it, and its examples load."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from seedbed import configuration
from seedbed.core.engine_options import Option, OptionKind
from seedbed.core.prompt_forms import FORMS
from seedbed.core.references import Role
from seedbed.core.routing import Mode
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.engines.comfyui.mapping import MEDIA, WORDS
from seedbed.engines.diffusers.families import FAMILIES
from seedbed.engines.diffusers.shelf import open_card, shipped_cards
from seedbed.engines.videos_api.flavours import FLAVOURS
from seedbed.settings import Settings
from seedbed.worker.engines import OURS, load_engine

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ROOT / "src/seedbed/engines"
PAGE = (ROOT / "docs/models.md").read_text(encoding="utf-8")
EXAMPLES = [
    (page, block)
    for page in ("docs/models.md", "examples/engine-package/README.md")
    for block in re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
]
# How the engines read an option: `table.text("key")`, `_text(table, "flavour")`, `fields.flag("tiles_vae")`.
READ = re.compile(r'(?:\b(?:table|fields|lines)\.[a-z_]+\(\s*|\b_[a-z]+\(table, )"([a-z_]+)"')
REMOTE = ("ark", "comfyui", "open_api", "videos_api")


def section(kind: str) -> str:
    return PAGE.split(f"\n### `{kind}`")[1].split("\n### ")[0]


def words(text: str) -> set[str]:
    """Return what stands in backticks."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.split(r"[\s,]+", code)}


def options_read(kind: str) -> set[str]:
    modules = (ENGINES / kind).glob("**/*.py")
    return {name for module in modules for name in READ.findall(module.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("kind", [*REMOTE, "diffusers"])
def test_every_option_that_an_engine_reads_stands_in_its_section(kind: str) -> None:
    read = options_read(kind)

    assert len(read) > 8
    assert read - words(section(kind)) == set()


def test_every_entry_of_a_map_of_a_workflow_stands_in_its_section() -> None:
    assert ({*WORDS, *MEDIA, *FORMS} | {"options", "result"}) - words(section("comfyui")) == set()


def test_every_key_of_the_configuration_stands_in_the_page() -> None:
    tables = (configuration._Step, configuration._Model, configuration._Engine)
    keys = {field.encode_name for table in tables for field in msgspec.structs.fields(table)}
    said = {"least", "most", "choices", "default", "description"}

    values = {str(value) for kind in (OptionKind, Mode, Role, Resolution, AspectRatio) for value in kind}
    assert said <= set(Option.__dataclass_fields__)
    assert (keys | said | values) - words(PAGE) == set()


def test_every_kind_flavour_and_card_has_its_row() -> None:
    rows = {line.split("|")[1].strip().strip("`") for line in PAGE.splitlines() if line.startswith("| `")}

    assert (set(OURS) | set(FLAVOURS) | set(shipped_cards())) - rows == set()
    assert {*FAMILIES} <= words(section("diffusers"))


@pytest.mark.parametrize("name", shipped_cards())
def test_the_row_of_a_card_says_what_the_card_says(name: str) -> None:
    card, row = open_card(name), next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))

    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[1].strip("`") == card.family
    assert any(str(size) in row for size in card.sizes)
    assert f"{card.fps} fps" in row
    assert cells[4] == ("yes" if card.makes_audio else "no")
    assert f"hf download {card.repository}" in row
    assert ("gated" in row) == card.is_gated
    assert card.memory_gb is None or f"{card.memory_gb:g} GB" in row


@pytest.mark.parametrize(("page", "block"), EXAMPLES)
def test_every_example_of_the_configuration_loads(tmp_path: Path, page: str, block: str) -> None:
    (tmp_path / "seedbed.toml").write_text(block, encoding="utf-8")

    deployment = configuration.load_deployment(Settings(home=tmp_path))

    said = tomllib.loads(block)
    assert said["engines"].keys() <= deployment.engines.keys()
    assert said.get("models", {}).keys() <= deployment.models.keys()


@pytest.mark.parametrize(("page", "block"), EXAMPLES)
def test_the_remote_engines_of_the_examples_take_their_options(tmp_path: Path, page: str, block: str) -> None:
    (tmp_path / "seedbed.toml").write_text(block, encoding="utf-8")
    engines = configuration.load_deployment(Settings(home=tmp_path)).engines.values()

    for spec in (spec for spec in engines if spec.kind in REMOTE and spec.kind != "comfyui"):  # that needs its workflow
        key = {"key": "sd2_test_none"} if spec.key_env or spec.key_file else {}
        assert load_engine(spec.kind, {**spec.options, **key}).describe().is_remote
