"""What stands in deploy/kubernetes/, as objects: read as kustomize reads it, but without patches or new names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2] / "deploy/kubernetes"
SETS = ("base", "gpu", "kuberay")


@dataclass(frozen=True)
class Pod:
    """The pods of one Deployment, Job or group of a Ray cluster. `of` says whose."""

    of: str
    kind: str
    template: dict

    @property
    def spec(self) -> dict:
        return self.template["spec"]

    @property
    def labels(self) -> dict:
        return self.template["metadata"]["labels"]

    @property
    def containers(self) -> list[dict]:
        return self.spec["containers"]


def kustomization(name: str) -> dict:
    return yaml.safe_load((ROOT / name / "kustomization.yaml").read_text())


def files_of(name: str) -> list[Path]:
    """Return the files of a set and of those that it builds on."""
    found: list[Path] = []
    for resource in kustomization(name)["resources"]:
        place = (ROOT / name / resource).resolve()
        found += files_of(place.name) if place.is_dir() else [place]
    return found


def read(path: Path) -> list[dict]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def objects(name: str) -> list[dict]:
    return [each for path in files_of(name) for each in read(path)]


def every_object() -> list[dict]:
    """Return all objects of all sets, each once."""
    return [each for path in dict.fromkeys(path for name in SETS for path in files_of(name)) for each in read(path)]


def patches(name: str) -> list[dict]:
    return [each for patch in kustomization(name).get("patches", ()) for each in read(ROOT / name / patch["path"])]


def of_kind(found: list[dict], kind: str) -> list[dict]:
    return [each for each in found if each["kind"] == kind]


def pods(found: list[dict]) -> list[Pod]:
    return list(_pods(found))


def _pods(found: list[dict]) -> Iterator[Pod]:
    for each in found:
        name = each["metadata"]["name"]
        match each["kind"]:
            case "Deployment" | "Job":
                yield Pod(name, each["kind"], each["spec"]["template"])
            case "RayCluster":
                yield Pod(f"{name}-head", "RayCluster", each["spec"]["headGroupSpec"]["template"])
                for group in each["spec"]["workerGroupSpecs"]:
                    yield Pod(f"{name}-{group['groupName']}", "RayCluster", group["template"])


def image_names(name: str) -> dict[str, dict]:
    """Return what a set and those that it builds on make of each image's name."""
    found = {}
    for resource in kustomization(name)["resources"]:
        if (ROOT / name / resource).is_dir():
            found |= image_names((ROOT / name / resource).resolve().name)
    return found | {image["name"]: image for image in kustomization(name).get("images", ())}
