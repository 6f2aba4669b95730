"""The process that speaks to Ray for a fleet: `python -m seedbed.fleet.ray_driver FLEET ADDRESS`.

A line of JSON on its standard input asks, one on its standard output answers; Ray's own words go to the standard error.
It ends with its parent.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from seedbed.configuration import load_deployment
from seedbed.core.errors import NotReady
from seedbed.lifeline import die_with_parent
from seedbed.settings import load_settings

if TYPE_CHECKING:
    from seedbed.fleet.ray_cluster import Cluster


def main() -> None:
    die_with_parent()
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        os.dup2(2, 1)  # what Ray prints is nobody's answer
        try:
            cluster = _joined(*sys.argv[1:3])
        except NotReady as fault:
            answers.write(json.dumps({"fault": str(fault)}) + "\n")
            sys.exit(1)
        answers.write(json.dumps({"ready": True, "has_token": cluster.has_token}) + "\n")
        _serve(cluster, sys.stdin, answers)


def _joined(fleet: str, address: str) -> Cluster:
    from seedbed.fleet.ray_cluster import Cluster, join

    settings = load_settings()
    cluster = Cluster(fleet=fleet, settings=settings, deployment=load_deployment(settings))
    join(address, fleet=fleet)
    return cluster


def _serve(cluster: Cluster, questions: IO[str], answers: IO[str]) -> None:
    from ray.exceptions import RayError

    for line in questions:
        try:
            answer = _answer(cluster, json.loads(line))
        except (RayError, ValueError, RuntimeError) as exc:
            answer = {"fault": " ".join(str(exc).split())[:500]}
        answers.write(json.dumps(answer) + "\n")


def _answer(cluster: Cluster, question: dict[str, str]) -> dict[str, Any]:
    match question:
        case {"do": "placed"}:
            return {"placed": [asdict(each) for each in cluster.placed()]}
        case {"do": "start", "slot": slot, "pool": pool}:
            cluster.start(slot, cluster.deployment.pools[pool])
        case {"do": "stop", "slot": slot}:
            cluster.stop(slot)
        case {"do": "well", "slot": slot}:
            cluster.well(slot)
    return {}


if __name__ == "__main__":
    main()
