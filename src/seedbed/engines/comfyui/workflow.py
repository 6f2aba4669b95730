"""A workflow as ComfyUI runs it: nodes by their id, each with its class and its inputs, which are values or links.

It is the form that ComfyUI's "Export (API)" writes. A link is `[node id, output number]`. Nothing here knows a node by
its class: what an input means, the operator's map says.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_WORKFLOW_BYTES = 4_000_000
STEPS = "steps"  # the input by which samplers say how often they step
UI_FORM = "is in the form of ComfyUI's own editor; in ComfyUI choose Workflow > Export (API) and give that file"
API_FORM = "is no workflow in ComfyUI's API form: a JSON object of nodes, each with class_type and inputs"


@dataclass(frozen=True, slots=True)
class Target:
    """One input of one node, written `12.text`. An input's name may have dots, a node's id has none."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


@dataclass(frozen=True, slots=True)
class Workflow:
    """`nodes` are as they were read. What returns a workflow changes nothing here."""

    nodes: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Workflow:
        """Raises OSError, and ValueError whose text goes on a sentence that begins with the file."""
        if path.stat().st_size > MAX_WORKFLOW_BYTES:
            raise ValueError(f"is larger than {MAX_WORKFLOW_BYTES} bytes")
        try:
            found = json.loads(path.read_bytes())
        except ValueError as exc:
            raise ValueError(f"is not JSON: {exc}") from exc
        if _is_graph(found):
            return cls(found)
        raise ValueError(UI_FORM if isinstance(found, dict) and isinstance(found.get("nodes"), list) else API_FORM)

    def name_of(self, node: str) -> str:
        """Return a node as a person knows it: `12 (KSampler "Second pass")`."""
        found = self.nodes.get(node)
        if found is None:
            return node
        title = found["_meta"].get("title") if isinstance(found.get("_meta"), dict) else None
        kind = str(found["class_type"])
        return f'{node} ({kind} "{title}")' if isinstance(title, str) and title != kind else f"{node} ({kind})"

    def fault_of(self, target: Target) -> str | None:
        """Return what is wrong with a target, as the end of a sentence, or None."""
        if target.node not in self.nodes:
            return f"names node {target.node}, which the workflow does not have"
        inputs = self.nodes[target.node]["inputs"]
        if target.input not in inputs:
            known = ", ".join(inputs) or "none"
            return f"names {target}, but the inputs of node {self.name_of(target.node)} are {known}"
        return None

    def filled(self, values: Iterable[tuple[Target, Any]]) -> Workflow:
        nodes = copy.deepcopy(dict(self.nodes))
        for target, value in values:
            nodes[target.node] = {**nodes[target.node], "inputs": {**nodes[target.node]["inputs"]}}
            nodes[target.node]["inputs"][target.input] = value
        return Workflow(nodes)

    def without(self, dropped: Iterable[str]) -> Workflow:
        """Take these nodes out, and the links to them.

        A node that has no other link, such as one that scales a picture, has lost what it works on, and goes, too.
        Whether the others can do without, the server says.
        """
        nodes = copy.deepcopy(dict(self.nodes))
        going = [node for node in dropped if node in nodes]
        while going:
            gone = going.pop()
            nodes.pop(gone, None)
            for name, node in nodes.items():
                lost = [key for key, value in node["inputs"].items() if _is_link(value) and str(value[0]) == gone]
                if not lost:
                    continue
                left = {key: value for key, value in node["inputs"].items() if key not in lost}
                nodes[name] = {**node, "inputs": left}
                if not any(_is_link(value) for value in left.values()):
                    going.append(name)
        return Workflow(nodes)

    def weights(self, result: str) -> dict[str, float]:
        """Return how much of the work each node is that the result needs: its steps if it is a sampler, else one."""
        needed: dict[str, float] = {}
        waiting = [result]
        while waiting:
            node = waiting.pop()
            if node in needed or node not in self.nodes:
                continue
            steps = self.nodes[node]["inputs"].get(STEPS)
            is_sampler = isinstance(steps, int) and not isinstance(steps, bool) and steps > 0
            needed[node] = float(steps) if is_sampler else 1.0
            waiting += [str(link[0]) for link in self._links(node)]
        return needed

    def classes(self) -> dict[str, str]:
        """Return the classes that must be installed, each with the first node that is of it."""
        found: dict[str, str] = {}
        for node, members in self.nodes.items():
            found.setdefault(str(members["class_type"]), node)
        return found

    def _links(self, node: str) -> Iterator[list[Any]]:
        return (value for value in self.nodes[node]["inputs"].values() if _is_link(value))


def _is_graph(found: Any) -> bool:
    return isinstance(found, dict) and bool(found) and all(_is_node(node) for node in found.values())


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int) and isinstance(value[1], int)
