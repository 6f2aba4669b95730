"""Brings references to the server, under names that nobody else gives: it keeps all uploads in one folder.

The same file under the same name stays one file there, so that an upload may be repeated. The server deletes none.
"""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.core.engine import LocalReference
from seedbed.core.errors import UpstreamFailed
from seedbed.core.formats import Format
from seedbed.engines.comfyui.answers import refusal_of
from seedbed.engines.comfyui.options import ComfyUiOptions
from seedbed.outbound.upstream import Beat, Upstream

PATH = "/upload/image"  # also for videos and sounds: it keeps whatever it is given
_EXTENSIONS = {format_.media_type: f".{format_}" for format_ in Format}


def uploaded(
    upstream: Upstream, references: Sequence[LocalReference], *, ticket: str, options: ComfyUiOptions, beat: Beat
) -> dict[str, str]:
    """Return what each reference, by its name, is called on the server. Raises Stop, or a JobFailure."""
    return {
        reference.name: _upload(upstream, reference, _file_name(reference, number, ticket), options, beat)
        for number, reference in enumerate(references)
    }


def _upload(upstream: Upstream, reference: LocalReference, name: str, options: ComfyUiOptions, beat: Beat) -> str:
    reply = upstream.ask(
        "POST",
        PATH,
        beat=beat,
        patience_s=options.patience.order_s,
        files={"image": (name, reference.path.read_bytes(), reference.content_type)},
        data={"type": "input"},
    )
    if 400 <= reply.status < 500 and reply.status != 429:
        raise refusal_of(reply, workflow=options.workflow, server=options.url, key=options.key)
    found = reply.members_if_any()
    kept, folder = found.get("name"), found.get("subfolder")
    if not reply.is_ok or not isinstance(kept, str):
        raise UpstreamFailed(f"{reference.name}: the remote engine did not take the file; it answers {reply.status}.")
    return f"{folder}/{kept}" if folder and isinstance(folder, str) else kept


def _file_name(reference: LocalReference, number: int, ticket: str) -> str:
    plain = "".join(c for c in ticket if c.isalnum() or c in "-_")[:64]
    return f"seedbed-{plain}-{number}{_EXTENSIONS.get(reference.content_type, reference.path.suffix)}"
