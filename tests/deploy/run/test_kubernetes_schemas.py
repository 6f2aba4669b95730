"""Every manifest keeps the schemas of Kubernetes and KubeRay, strictly: no member that they do not know."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from manifests import every_object, of_kind, patches, pods
from raycluster import SCHEMA

RELEASES = ("1.31", "1.37")  # of Kubernetes: old ones that clouds still run, and the newest that the package knows
CLUSTERS = of_kind(every_object(), "RayCluster")
OTHERS = [
    each for each in [*every_object(), *patches("kuberay")] if each["kind"] != "RayCluster" and "$patch" not in each
]


def judge(each: dict[str, Any], release: str) -> None:
    kubernetes_validate.validate(each, release, strict=True)


def judge_pod(template: dict[str, Any], release: str) -> None:
    metadata = {"name": "judged"}
    judge({"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": template}, release)


def judge_cluster(cluster: dict[str, Any], release: str) -> None:
    jsonschema.validate(cluster, SCHEMA)
    for pod in pods([cluster]):
        judge_pod(pod.template, release)
    beside = {"name": "autoscaler", "image": "ray"} | {
        name: cluster["spec"]["autoscalerOptions"][name] for name in ("resources", "securityContext", "volumeMounts")
    }
    judge_pod({"spec": {"containers": [beside]}}, release)


def named(each: dict[str, Any]) -> str:
    return f"{each['kind']}-{each['metadata']['name']}"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("each", OTHERS, ids=named)
def test_a_manifest_keeps_the_schema(each, release):
    judge(each, release)


@pytest.mark.parametrize("release", RELEASES)
def test_the_ray_cluster_keeps_the_schema(release):
    [cluster] = CLUSTERS
    judge_cluster(cluster, release)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "replicaz"), 2),
        (("spec", "replicas"), "2"),
        (("spec", "template", "spec", "terminationGracePeriod"), 30),
        (("spec", "template", "spec", "containers", 0, "securityContext", "readOnlyRootFileSystem"), True),
        (("spec", "template", "spec", "containers", 0, "envFrom", 0, "configMap"), {"name": "seedbed"}),
    ],
)
def test_a_misspelt_or_mistyped_member_is_seen(place, value):
    worker = next(each for each in OTHERS if each["metadata"]["name"] == "seedbed-worker")

    with pytest.raises(kubernetes_validate.ValidationError):
        judge(altered(worker, place, value), RELEASES[-1])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "authOptions", "mode"), "tokens"),
        (("spec", "autoscaling"), True),
        (("spec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
        (("spec", "workerGroupSpecs", 0, "maxReplica"), 3),
        (("spec", "workerGroupSpecs", 1, "template", "spec", "containers", 0, "port"), 1),
        (("spec", "autoscalerOptions", "securityContext", "runAsRoot"), False),
    ],
)
def test_a_misspelt_or_mistyped_member_of_a_ray_cluster_is_seen(place, value):
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        judge_cluster(altered(CLUSTERS[0], place, value), RELEASES[-1])


def altered(each: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(each)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed
