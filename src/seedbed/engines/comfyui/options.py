"""What an operator says about a ComfyUI server and the workflow that it is to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.core.frame_rule import FrameRule
from seedbed.core.openings import Opened
from seedbed.core.operator_table import OperatorTable
from seedbed.core.prompt_forms import FORMS, PLAIN_FORM, Form
from seedbed.engines.comfyui.mapping import Map, read_defaults, read_map
from seedbed.engines.comfyui.workflow import Workflow
from seedbed.outbound.errand import Patience

KIND = "comfyui"
AUTHORIZATION = "Authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyUiOptions:
    """Each stands in the class `ComfyUi`. `workflow` has its defaults filled in; `fps` None: that of the clip."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    key: str = field(repr=False)
    workflow: Workflow
    map: Map
    form: Form
    fps: int | None
    frames: FrameRule
    multiple_of: int
    makes_audio: bool
    description: str
    patience: Patience
    max_result_bytes: int
    opened: tuple[Opened, ...] = ()

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> ComfyUiOptions:
        """Raises NotReady that names the option, and the node, and says what would be right."""
        table = OperatorTable(KIND, given)
        url = table.base_url("url")
        key = table.text("key") if "key" in given else ""
        workflow = read_defaults(table, _workflow(table))
        options = cls(
            url=url,
            headers=_headers(table, key),
            key=key,
            workflow=workflow,
            map=read_map(table, workflow),
            form=FORMS.get(table.choice("prompt_form", ["plain", *FORMS], "plain"), PLAIN_FORM),
            fps=table.whole("fps", 24, least=1, most=240) if "fps" in given else None,
            frames=table.frame_rule("frames"),
            multiple_of=table.whole("multiple_of", 1, least=1, most=256),
            makes_audio=table.flag("makes_audio", False),
            description=table.text("description", "A workflow on a ComfyUI server makes the video."),
            patience=Patience(
                order_s=table.number("order_s", 60, least=0.1, most=3600),
                poll_s=table.number("poll_s", 1, least=0.1, most=60),
                limit_s=table.number("time_limit_s", 3600, least=1, most=172_800),
            ),
            max_result_bytes=table.whole("max_result_bytes", 500_000_000, least=1000, most=4_000_000_000),
            opened=table.networks("open_networks"),
        )
        table.close()
        return options


def _workflow(table: OperatorTable) -> Workflow:
    path = Path(table.text("workflow")).expanduser()
    try:
        return Workflow.read(path)
    except OSError as exc:
        raise table.fault("workflow", f"cannot be read: {path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise table.fault("workflow", f"{path} {exc}") from exc


def _headers(table: OperatorTable, key: str) -> dict[str, str]:
    name = table.text("key_header", AUTHORIZATION)
    if not name.isascii() or not name.replace("-", "").isalnum():
        raise table.fault("key_header", "must be the name of a header, such as X-API-Key")
    if not key:
        return {}
    return {name: f"Bearer {key}" if name.lower() == AUTHORIZATION.lower() else key}
