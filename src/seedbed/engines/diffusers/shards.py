"""Looks whether a model's folder is whole, without loading it: every component, every shard, to its last byte.

A download that broke off leaves shards missing or cut short, and the library's own words for that are a traceback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady

INDEXES = ("model_index.json", "modular_model_index.json")
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth")


def check_folder(folder: Path, *, how_to_get: str = "") -> None:
    """Raises NotReady, which names the first component or shard that is missing or cut short."""

    def refuse(what: str) -> NotReady:
        return NotReady(f"The model in {folder} is not whole: {what}. {how_to_get}".rstrip())

    if not folder.is_dir():
        raise NotReady(f"There is no folder {folder} with a model. {how_to_get}".rstrip())
    index = next((folder / name for name in INDEXES if (folder / name).is_file()), None)
    if index is None:
        raise refuse(f"it has neither {' nor '.join(INDEXES)}")
    for component in _components(index):
        if fault := _fault_of(folder / component):
            raise refuse(f"{component}{fault}")


def _components(index: Path) -> Iterator[str]:
    """Give the components whose files are in this folder. One of a modular pipeline may be elsewhere."""
    for name, said in _json(index).items():
        if not isinstance(said, list) or len(said) < 2 or not said[1]:
            continue
        place = said[2] if len(said) > 2 and isinstance(said[2], dict) else {}
        if not place.get("pretrained_model_name_or_path") or (index.parent / name).is_dir():
            yield str(place.get("subfolder") or name)


def _fault_of(component: Path) -> str | None:
    """Say what follows the component's name: ` is missing`, or `/` and a file of it."""
    if not component.is_dir():
        return " is missing"
    for index in component.glob("*.index.json"):
        for shard in sorted(set(_json(index).get("weight_map", {}).values())):
            if not (component / shard).is_file():
                return f"/{shard} is missing"
    weights = [file for pattern in _WEIGHTS for file in sorted(component.glob(pattern))]
    if _is_model(component) and not weights:
        return " has no weights"
    return next((f"/{file.name} {fault}" for file in weights if (fault := _fault_of_file(file))), None)


def _is_model(component: Path) -> bool:
    """Say whether it has weights. Tokenizers, processors and schedulers have a configuration of another name."""
    config = _json(component / "config.json")
    return bool(config) and not any((component / name).exists() for name in ("tokenizer.json", "spiece.model"))


def _fault_of_file(file: Path) -> str | None:
    """A safetensors file begins with the length of its header, and the header says where the last tensor ends."""
    if not file.is_file():
        return "is missing"
    if file.suffix != ".safetensors":
        return None
    size_bytes = file.stat().st_size
    with file.open("rb") as opened:
        header_bytes = int.from_bytes(opened.read(8), "little")
        if not 0 < header_bytes <= size_bytes - 8:
            return "is cut short"
        try:
            header = json.loads(opened.read(header_bytes))
            end = max((said["data_offsets"][1] for name, said in header.items() if name != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return "is no safetensors file"
    return "is cut short" if 8 + header_bytes + end > size_bytes else None


def _json(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
