"""Looks whether a server can run the workflow: it answers, and has every node class and every model file that it names.

Each class is asked for by itself, for the list of all of them may be larger than any answer that is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from seedbed.core.errors import UpstreamFailed
from seedbed.engines.comfyui.answers import pack_hint
from seedbed.engines.comfyui.options import ComfyUiOptions
from seedbed.outbound.upstream import Beat, Reply, Unanswered, Upstream

ANSWER_S = 10.0
MODEL_FILES = (".safetensors", ".sft", ".gguf", ".ckpt", ".pt", ".pth", ".bin", ".onnx")


class Survey:
    """Of one workflow on one server. What was found to be there once is not asked for again."""

    def __init__(self, options: ComfyUiOptions) -> None:
        self._options = options
        self._classes = options.workflow.classes()
        self._found: set[str] = set()

    def fault(self, upstream: Upstream, *, beat: Beat) -> str | None:
        """Say what is wrong just now, or None. Raises Stop from `beat`."""
        try:
            return self._fault(upstream, beat)
        except (Unanswered, UpstreamFailed) as exc:
            return f"{self._options.url}: {str(exc).rstrip('.')}."

    def _fault(self, upstream: Upstream, beat: Beat) -> str | None:
        url = self._options.url
        reply = _ask(upstream, "/system_stats", beat)
        if reply.status in (401, 403):
            return f"{url} refuses our key ({reply.status}); check the options key and key_header."
        if not reply.is_ok or "system" not in reply.members():
            return f"{url} answers {reply.status} to GET /system_stats; is it a ComfyUI server?"
        for class_type in [each for each in self._classes if each not in self._found]:
            if fault := self._fault_of(class_type, upstream, beat):
                return f"{url} {fault}."
            self._found.add(class_type)
        return None

    def _fault_of(self, class_type: str, upstream: Upstream, beat: Beat) -> str | None:
        """Return the end of a sentence that begins with the server."""
        reply = _ask(upstream, f"/object_info/{quote(class_type, safe='')}", beat)
        if not reply.is_ok:
            return f"answers {reply.status} to GET /object_info"
        described = reply.members().get(class_type)
        name = self._options.workflow.name_of(self._classes[class_type])
        if not isinstance(described, dict):
            return f"lacks the node class '{class_type}', which node {name} is of; {pack_hint(class_type)}"
        return self._missing_file(class_type, described)

    def _missing_file(self, class_type: str, described: Mapping[str, Any]) -> str | None:
        choices = dict(_choices(described))
        for node, members in self._options.workflow.nodes.items():
            if members["class_type"] != class_type:
                continue
            for name, value in members["inputs"].items():
                is_file = isinstance(value, str) and value.lower().endswith(MODEL_FILES)
                if is_file and name in choices and value not in choices[name]:
                    return f"lacks the file '{value}', which node {self._options.workflow.name_of(node)} loads"
        return None


def _choices(described: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the inputs that must be one of a list: [[...]] or ["COMBO", {"options": [...]}]."""
    inputs = described.get("input")
    for group in inputs.values() if isinstance(inputs, dict) else ():
        for name, form in group.items() if isinstance(group, dict) else ():
            if not isinstance(form, list) or not form:
                continue
            if isinstance(form[0], list):
                yield name, form[0]
            elif len(form) > 1 and isinstance(form[1], dict) and isinstance(form[1].get("options"), list):
                yield name, form[1]["options"]


def _ask(upstream: Upstream, path: str, beat: Beat) -> Reply:
    return upstream.send("GET", path, beat=beat, deadline_s=ANSWER_S, timeout=ANSWER_S)
