"""The operator's map of a workflow: which inputs of which nodes take what a task says, and which node gives the video.

It is judged against the workflow when the engine is made, so that a node that was renumbered stops the start and not
the first job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.operator_table import OperatorTable
from seedbed.core.references import Role
from seedbed.engines.comfyui.workflow import Target, Workflow

PROMPT = "prompt"
WORDS = (
    PROMPT,
    "negative_prompt",
    "seed",
    "width",
    "height",
    "frames",
    "fps",
    "seconds",
    "generate_audio",
    "filename_prefix",
)
MEDIA = {
    "first_frame": Role.FIRST_FRAME,
    "last_frame": Role.LAST_FRAME,
    "reference_images": Role.REFERENCE_IMAGE,
    "reference_video": Role.REFERENCE_VIDEO,
    "reference_audio": Role.REFERENCE_AUDIO,
}
RIGHT = 'must be an input such as "12.text", or a list of such'


@dataclass(frozen=True, slots=True)
class Map:
    """`values` are by the words above, `options` by a request's own. `slots` take one reference each, in their order.

    `optional` are the roles without which the workflow works; the nodes that would load them are taken out.
    """

    values: Mapping[str, tuple[Target, ...]]
    options: Mapping[str, tuple[Target, ...]]
    slots: Mapping[Role, tuple[Target, ...]]
    optional: frozenset[Role]
    result: str


def read_map(table: OperatorTable, workflow: Workflow) -> Map:
    """Raises NotReady that names the entry and the node."""
    given = table.table("map")
    known = (*WORDS, *MEDIA, "options", "result")
    for word in given:
        if word not in known:
            raise table.fault(f"map.{word[:80]}", f"is not known; a map has {', '.join(known)}")
    if PROMPT not in given:
        raise table.fault(f"map.{PROMPT}", f"is missing; it {RIGHT}")
    options = given.get("options", {})
    if not isinstance(options, Mapping):
        raise table.fault("map.options", "must be a table from options of the model to inputs")
    return Map(
        values={word: _targets(table, f"map.{word}", given[word], workflow) for word in WORDS if word in given},
        options={name: _targets(table, f"map.options.{name}", options[name], workflow) for name in options},
        slots={role: _targets(table, f"map.{w}", given[w], workflow) for w, role in MEDIA.items() if w in given},
        optional=_optional(table, given),
        result=_result(table, given, workflow),
    )


def read_defaults(table: OperatorTable, workflow: Workflow) -> Workflow:
    """Return the workflow with what the table `defaults` sets: `"3.steps" = 8`. Raises NotReady."""
    given = table.table("defaults")
    values = []
    for word, value in given.items():
        (target,) = _targets(table, f'defaults."{word}"', word, workflow)
        if isinstance(value, list | dict):
            raise table.fault(f'defaults."{word}"', "must be a text, a number, true or false")
        values.append((target, value))
    return workflow.filled(values)


def _targets(table: OperatorTable, name: str, given: Any, workflow: Workflow) -> tuple[Target, ...]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise table.fault(name, RIGHT)
    return tuple(_judged(table, name, texts, workflow))


def _judged(table: OperatorTable, name: str, texts: list[str], workflow: Workflow) -> Iterator[Target]:
    for text in texts:
        node, dot, input_name = text.partition(".")
        if not (node and dot and input_name):
            raise table.fault(name, RIGHT)
        target = Target(node, input_name)
        if fault := workflow.fault_of(target):
            raise table.fault(name, fault)
        yield target


def _optional(table: OperatorTable, given: Mapping[str, Any]) -> frozenset[Role]:
    names = table.names_among("optional", [word for word in MEDIA if word in given])
    return frozenset(MEDIA[name] for name in names)


def _result(table: OperatorTable, given: Mapping[str, Any], workflow: Workflow) -> str:
    node = given.get("result")
    if isinstance(node, int) and not isinstance(node, bool):
        node = str(node)
    if not isinstance(node, str):
        raise table.fault("map.result", 'must be the id of the node that saves the video, such as "9"')
    if node not in workflow.nodes:
        raise table.fault("map.result", f"names node {node[:80]}, which the workflow does not have")
    return node
