"""A Ray cluster on this machine, in a process of its own: a line of JSON on its standard input asks, one answers.

`ray_nodes.py PORT`: the head's port. Nodes carry resources of our own invention, so that no GPU is needed.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import ray
from ray.cluster_utils import Cluster


class Nodes:
    def __init__(self, port: int) -> None:
        self.port = port
        self.nodes: list[Any] = []
        self.up()

    def up(self) -> None:
        """Start a head, which holds no worker."""
        self.cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "gcs_server_port": self.port, "include_dashboard": False},
        )

    def add(self, **facts: Any) -> int:
        self.nodes.append(self.cluster.add_node(**facts))
        return len(self.nodes) - 1

    def crash(self, number: int) -> None:
        """Take a node away as a power cut would."""
        self.cluster.remove_node(self.nodes[number], allow_graceful=False)

    def down(self) -> None:
        """Take the head and all nodes away."""
        self.cluster.shutdown()
        self.nodes.clear()

    def clear(self) -> None:
        """End every actor, and give up what was reserved."""
        ray.init(address=self.cluster.address, log_to_driver=False, configure_logging=False)
        for named in ray.util.list_named_actors(all_namespaces=True):
            ray.kill(ray.get_actor(named["name"], namespace=named["namespace"]), no_restart=True)
        ray.shutdown()


def main() -> None:
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        os.dup2(2, 1)
        nodes = Nodes(int(sys.argv[1]))
        answers.write(json.dumps({"is": "up"}) + "\n")
        for line in sys.stdin:
            question = json.loads(line)
            answer = getattr(nodes, question.pop("do"))(**question)
            answers.write(json.dumps({"is": answer}) + "\n")
        nodes.down()


if __name__ == "__main__":
    main()
