"""Understands what a ComfyUI server says: of an order, of the queue, of what it has done, and of what went wrong.

Source: ComfyUI's documents of its routes and messages, and server.py and execution.py, which define the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from seedbed.core.errors import (
    EngineOutOfMemory,
    EngineUnavailable,
    JobFailure,
    UpstreamFailed,
    UpstreamRefused,
)
from seedbed.core.quoting import quoted
from seedbed.engines.comfyui.workflow import Workflow
from seedbed.outbound.exchange import Doubt, Open, Receipt, Refused, Taken
from seedbed.outbound.results import Result
from seedbed.outbound.upstream import PASSING, Reply

VIDEO_NAMES = (".mp4", ".webm", ".mov", ".m4v", ".mkv")
VIDEO_LISTS = ("videos", "gifs", "images")  # as nodes of several authors call what they have saved
_MEMORY = re.compile(r"out\s*of\s*memory|allocation on device", re.IGNORECASE)
# Where well-known nodes come from, by how their names begin. Others are found by ComfyUI-Manager.
PACKS = {
    "VHS_": "ComfyUI-VideoHelperSuite",
    "WanVideo": "ComfyUI-WanVideoWrapper",
    "UnetLoaderGGUF": "ComfyUI-GGUF",
    "CLIPLoaderGGUF": "ComfyUI-GGUF",
    "RIFE": "ComfyUI-Frame-Interpolation",
    "LTXV": "a newer ComfyUI, or ComfyUI-LTXVideo",
}


def receipt_of(reply: Reply, *, workflow: Workflow, server: str, key: str) -> Receipt:
    """Understand the answer to an order."""
    if reply.status in PASSING or reply.status >= 500 or reply.status < 200:
        doubt = Doubt.NONE if reply.status in (429, 503) else Doubt.FULL
        return Open(doubt, f"it answers {reply.status}", reply.retry_after_s)
    if not reply.is_ok:
        return Refused(refusal_of(reply, workflow=workflow, server=server, key=key))
    prompt_id = reply.members_if_any().get("prompt_id")
    if isinstance(prompt_id, str) and prompt_id:
        return Taken(prompt_id)
    return Open(Doubt.FULL, f"it answers {reply.status} without a prompt_id")


def refusal_of(reply: Reply, *, workflow: Workflow, server: str, key: str) -> JobFailure:
    """Return what an answer other than 2xx means to the job."""
    found = reply.members_if_any()
    match reply.status:
        case 401 | 403:
            return EngineUnavailable(f"{server} answers {reply.status}: check the options key and key_header")
        case 402:
            return EngineUnavailable(f"the credits of our key at {server} are spent: top them up")
        case 404 | 405:
            return EngineUnavailable(f"{server} has no such path (it answers {reply.status}): check the option url")
        case 413:
            return UpstreamRefused("The remote engine takes no file of that size.")
    error = found.get("error")
    if isinstance(error, dict) and error.get("type") in ("missing_node_type", "invalid_prompt"):
        return EngineUnavailable(f"{server} cannot run the workflow: {_missing(error, key)}")
    said = quoted("; ".join(_complaints(found, workflow)) or _message(error), secret=key)
    return UpstreamRefused(f"The remote engine refused the request: {said or f'it answers {reply.status}'}")


def failure_of(entry: Mapping[str, Any], *, workflow: Workflow, key: str) -> JobFailure | None:
    """Return how an order failed that is in the history, or None if it did not."""
    status = entry.get("status")
    messages = status.get("messages") if isinstance(status, dict) else None
    said = {m[0]: m[1] for m in messages or [] if isinstance(m, list) and len(m) == 2 and isinstance(m[1], dict)}
    if "execution_error" in said:
        return _error(said["execution_error"], workflow, key)
    if "execution_interrupted" in said:
        return UpstreamFailed("The work was interrupted at the remote engine.")
    if isinstance(status, dict) and status.get("status_str") == "error":
        return UpstreamFailed("The remote engine failed and does not say why.")
    return None


def result_of(entry: Mapping[str, Any], *, node: str) -> Result | None:
    """Return where the video is that the node has saved, or None if it has saved none."""
    outputs = entry.get("outputs")
    output = outputs.get(node) if isinstance(outputs, dict) else None
    if not isinstance(output, dict):
        return None
    for file in _files(output):
        name = file.get("filename")
        if isinstance(name, str) and name.lower().endswith(VIDEO_NAMES):
            where = {"filename": name, "subfolder": file.get("subfolder", ""), "type": file.get("type", "output")}
            return Result(f"/view?{urlencode(where)}")
    return None


def entry_in(found: Mapping[str, Any], order_id: str) -> dict[str, Any] | None:
    """Return an order's entry in the answer of /history/{id}."""
    entry = found.get(order_id)
    return entry if isinstance(entry, dict) else None


def orders_in(queue: Mapping[str, Any], which: str) -> list[str]:
    """Return the ids of the orders that run (`queue_running`) or wait (`queue_pending`)."""
    return [item[1] for item in _items(queue, which)]


def marked(queue: Mapping[str, Any], mark: str, value: str) -> str | None:
    """Return the id of an order in the queue that is `value` or bears it as a mark, or None."""
    items = [*_items(queue, "queue_running"), *_items(queue, "queue_pending")]
    return next((str(item[1]) for item in items if item[1] == value or _mark(item, mark) == value), None)


def marked_entry(history: Mapping[str, Any], mark: str, value: str) -> str | None:
    """Return the id of an order in the history that bears the mark, or None."""
    for order_id, entry in history.items():
        item = entry.get("prompt") if isinstance(entry, dict) else None
        if isinstance(item, list) and _mark(item, mark) == value:
            return order_id
    return None


def pack_hint(class_type: str) -> str:
    pack = next((pack for start, pack in PACKS.items() if class_type.startswith(start)), None)
    return f"it comes with {pack}" if pack else "ComfyUI-Manager finds the pack that it comes with"


def _items(queue: Mapping[str, Any], which: str) -> list[list[Any]]:
    """An item is [number, prompt_id, prompt, extra_data, outputs]."""
    items = queue.get(which)
    return [item for item in items if isinstance(item, list) and len(item) > 1] if isinstance(items, list) else []


def _mark(item: list[Any], mark: str) -> Any:
    return item[3].get(mark) if len(item) > 3 and isinstance(item[3], dict) else None


def _files(output: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in sorted(output, key=lambda name: VIDEO_LISTS.index(name) if name in VIDEO_LISTS else len(VIDEO_LISTS)):
        files = output[name]
        yield from (file for file in files if isinstance(file, dict)) if isinstance(files, list) else ()


def _error(error: Mapping[str, Any], workflow: Workflow, key: str) -> JobFailure:
    node = workflow.name_of(str(error.get("node_id", "")))
    said = quoted(_message(error.get("exception_message")), secret=key)
    if _MEMORY.search(f"{error.get('exception_type')} {error.get('exception_message')}"):
        return EngineOutOfMemory(f"The remote engine ran out of memory in node {node}.")
    return UpstreamFailed(f"The remote engine failed in node {node}: {said or 'it does not say why'}")


def _complaints(found: Mapping[str, Any], workflow: Workflow) -> Iterator[str]:
    """Say what the server has against each node."""
    nodes = found.get("node_errors")
    for node, members in (nodes if isinstance(nodes, dict) else {}).items():
        errors = members.get("errors") if isinstance(members, dict) else None
        for error in errors if isinstance(errors, list) else []:
            said = ": ".join(filter(None, (_message(error), _message(error, "details"))))
            yield f"node {workflow.name_of(node)}: {said}"


def _missing(error: Mapping[str, Any], key: str) -> str:
    info = error.get("extra_info")
    class_type = info.get("class_type") if isinstance(info, dict) else None
    hint = f"; {pack_hint(class_type)}" if isinstance(class_type, str) else ""
    return f"{quoted(_message(error), secret=key).rstrip('.')}{hint}"


def _message(error: Any, name: str = "message") -> str:
    text = error.get(name) if isinstance(error, dict) else error
    return text if isinstance(text, str) else ""
