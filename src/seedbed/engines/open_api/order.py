"""Writes a task as the body of an order in the documented contract, or says why that cannot be done.

To a service of which we know no more than the documents, documented fields alone are sent: whatever else it might do
with another, nobody could rely on. Source: CONTRACT 1.2 and 1.3.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.errors import EngineUnfit
from seedbed.core.models import NATIVE_ASPECT_RATIOS
from seedbed.core.references import MAX_REFERENCES, Role, assign_roles
from seedbed.core.sizes import AspectRatio, nearest_aspect_ratio

FIXED_CAMERA = "The camera is fixed."


def body_of(task: RenderTask, urls: Sequence[str], *, model: str, is_seedbed: bool) -> dict[str, Any]:
    """Return the JSON body. `urls` are those of the references as the server is to fetch them, in their order.

    Raises EngineUnfit.
    """
    if len(urls) > MAX_REFERENCES:
        raise EngineUnfit(f"The remote engine takes {MAX_REFERENCES} references; this request has {len(urls)}.")
    body: dict[str, Any] = {
        "model": model,
        "prompt": prompt_of(task),
        "aspectRatio": ratio_of(task).value,
        "duration": task.duration_s,
        "resolution": task.resolution.value,
        "metadata": {"ticket": task.ticket},
    }
    if not is_seedbed:
        return body | ({"mediaUrls": _in_documented_order(task.references, urls)} if urls else {})
    if urls:
        roles = [reference.role for reference in task.references]
        body["references"] = [{"url": url, "role": role.value} for url, role in zip(urls, roles, strict=True)]
    if task.options:
        body["engineOptions"] = task.options
    return body | {"seed": task.seed, "generateAudio": task.wants_audio}


def prompt_of(task: RenderTask) -> str:
    """Return the prompt, with what the contract has no field for in words."""
    return f"{task.prompt}\n{FIXED_CAMERA}" if task.has_fixed_camera else task.prompt


def ratio_of(task: RenderTask) -> AspectRatio:
    """Return the ratio to ask for: the task's, or that of the contract's three that is cropped least to get it."""
    return nearest_aspect_ratio(task.canvas.size, among=NATIVE_ASPECT_RATIOS)


def warnings_of(task: RenderTask, *, is_seedbed: bool) -> tuple[str, ...]:
    """Return what the server cannot be told as it was asked for."""
    said = []
    ratio = ratio_of(task)
    if ratio is not task.aspect_ratio:
        said.append(f"the remote engine does not make {task.aspect_ratio}: made as {ratio} and cropped")
    if task.has_fixed_camera:
        said.append("the remote engine has no setting for a fixed camera: said in the prompt")
    if not is_seedbed:
        said.append("the remote engine takes no seed: the same seed makes another video")
    return tuple(said)


def public_urls(references: Sequence[LocalReference]) -> list[str]:
    """Return the addresses that the references came from. Raises EngineUnfit for one that came from none."""
    for reference in references:
        if reference.url is None:
            raise EngineUnfit(
                f"{reference.name}: the remote engine fetches references itself, and this one has no public URL."
            )
    return [reference.url or "" for reference in references]


def data_uri(reference: LocalReference) -> str:
    content = base64.b64encode(reference.path.read_bytes()).decode()
    return f"data:{reference.content_type};base64,{content}"


def _in_documented_order(references: Sequence[LocalReference], urls: Sequence[str]) -> list[str]:
    """Return the URLs in the order that gives them their roles. Raises EngineUnfit if none does."""
    by_role = list(zip(references, urls, strict=True))
    if {reference.role for reference in references} == {Role.FIRST_FRAME, Role.LAST_FRAME}:
        by_role.sort(key=lambda pair: pair[0].role is Role.LAST_FRAME)
    kinds = [reference.kind for reference, _ in by_role]
    for (reference, _), implied in zip(by_role, assign_roles(kinds), strict=True):
        if reference.role is not implied:
            raise EngineUnfit(
                f"{reference.name}: the remote engine takes no roles, and would take this for {implied} "
                f"instead of {reference.role}."
            )
    return [url for _, url in by_role]
