"""What a tool answers about a generation: facts to read, a link to the video, and a small picture of it.

The video itself never goes through the protocol: a model cannot look at one, and its words are not made for megabytes.
"""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mcp_types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from seedbed.core.faults import MediaFault
from seedbed_client import AsyncSeedbed, Generation, SeedbedError, Status

THUMBNAIL_SIDE_PX = 320


async def about(client: AsyncSeedbed, generation: Generation) -> CallToolResult:
    """Return the facts, and for a video that is ready its link and a thumbnail."""
    facts = facts_of(generation)
    content: list[ContentBlock] = [TextContent(text=json.dumps(facts, ensure_ascii=False))]
    if generation.output is not None:
        content.append(_link(generation))
        content += await _thumbnail(client, generation)
    return CallToolResult(
        content=content, structured_content=facts, is_error=generation.status in (Status.FAILED, Status.CANCELLED)
    )


def facts_of(generation: Generation) -> dict[str, Any]:
    """Return what there is to say, in the contract's words; what is not known is left out."""
    output, progress, queue = generation.output, generation.progress, generation.queue
    facts = {
        "requestId": generation.request_id,
        "status": generation.status.value,
        "model": generation.model,
        "durationSeconds": generation.duration_s,
        "aspectRatio": generation.aspect_ratio,
        "resolution": generation.resolution,
        "seed": generation.seed,
        "creditsCharged": generation.charged_credits,
        "creditsRefunded": generation.refunded_credits or None,
        "videoUrl": output.url if output else None,
        "lastFrameUrl": output.last_frame_url if output else None,
        "error": f"{generation.error.code}: {generation.error.message}" if generation.error else None,
        "progress": f"{progress.stage}, {progress.fraction:.0%} of this stage" if progress else None,
        "queuePosition": queue.position if queue else None,
        "warnings": list(generation.warnings) or None,
        "next": None if generation.status.is_final else "It is not finished; ask get_video with this requestId.",
    }
    return {name: value for name, value in facts.items() if value is not None}


def _link(generation: Generation) -> ResourceLink:
    assert generation.output is not None  # its caller has looked
    return ResourceLink(
        uri=generation.output.url,
        name=f"{generation.request_id}.mp4",
        description="The finished video.",
        mime_type="video/mp4",
        size=generation.output.size_bytes,
    )


async def _thumbnail(client: AsyncSeedbed, generation: Generation) -> list[ImageContent]:
    """Return the first frame, small; nothing if it cannot be had, for the link is what counts."""
    from seedbed.media.thumbnail import poster_jpeg

    with TemporaryDirectory(prefix="seedbed-mcp-") as folder:
        try:
            video = await client.videos.download(generation, Path(folder) / "video.mp4")
            jpeg = await asyncio.to_thread(poster_jpeg, video, side_px=THUMBNAIL_SIDE_PX)
        except (SeedbedError, MediaFault):
            return []
    return [ImageContent(data=base64.b64encode(jpeg).decode(), mime_type="image/jpeg")]
