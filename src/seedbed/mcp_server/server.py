"""The MCP server: five tools over the Python client, so that an assistant can make videos. It holds no state.

A local file is only taken from a folder that its owner has named: what an assistant was told by a stranger's page must
not be able to send anything else away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from seedbed.mcp_server.answers import about
from seedbed_client import AsyncSeedbed, Generation, GenerationCancelled, GenerationFailed, SeedbedError, WaitTimedOut

LOOK_AGAIN_S = 1.0
INSTRUCTIONS = (
    "Makes short videos from a prompt and reference pictures, videos or sounds. generate_video waits a while and "
    "answers with a link and a thumbnail, or with a requestId for get_video. estimate says the price, for nothing."
)

Prompt = Annotated[str, Field(description="What the video shows: subject, action, camera, light. Any language.")]
Media = Annotated[
    list[str] | None,
    Field(
        description="1 to 5 HTTPS URLs, or files in the shared folder. One picture is the first frame, two are "
        "the first and last frame; anything else is a reference, named in the prompt as @Image1, @Video1, @Audio1."
    ),
]
Model = Annotated[str, Field(description="See list_models.")]
Ratio = Annotated[str | None, Field(description="16:9, 9:16 or 1:1. Default: nearest to the first picture, or 16:9.")]
Duration = Annotated[int, Field(description="Seconds: 4 to 15, with seedance-1.5-pro 5 or 10.")]
Resolution = Annotated[str, Field(description="480p, 720p or 1080p.")]
Seed = Annotated[int | None, Field(description="0 to 4294967295; the same seed makes the same video again.")]
Sound = Annotated[bool, Field(description="Whether the video has sound.")]
WaitS = Annotated[int, Field(ge=0, le=600, description="How many seconds to wait for the video before answering.")]
RequestId = Annotated[str, Field(description="The requestId that generate_video answered.")]


def make_server(client: AsyncSeedbed, *, files: Path | None = None) -> MCPServer[Any]:
    """Return the server. `files` is the folder whose files may be sent to the service; None: no file may."""
    server: MCPServer[Any] = MCPServer("seedbed", title="Seedbed", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = _Tools(client, files)
    reading = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    server.tool(title="Generate a video", annotations=ToolAnnotations(destructive_hint=False))(tools.generate_video)
    server.tool(title="Look at a video", annotations=reading)(tools.get_video)
    server.tool(title="Cancel a video", annotations=ToolAnnotations(idempotent_hint=True))(tools.cancel_video)
    server.tool(title="List the models", annotations=reading)(tools.list_models)
    server.tool(title="Say the price", annotations=reading)(tools.estimate)
    return server


class _Tools:
    def __init__(self, client: AsyncSeedbed, files: Path | None) -> None:
        self._client = client
        self._files = files

    async def generate_video(
        self,
        ctx: Context[Any, Any],
        prompt: Prompt,
        media: Media = None,
        model: Model = "seedance-2.0",
        aspect_ratio: Ratio = None,
        duration: Duration = 5,
        resolution: Resolution = "720p",
        seed: Seed = None,
        generate_audio: Sound = True,
        wait_s: WaitS = 45,
    ) -> CallToolResult:
        """Make a video. It costs credits at once; a failed or cancelled one is paid back."""
        sources = self._sources(media)
        try:
            created = await self._client.videos.create(
                prompt=prompt,
                media=sources,
                model=model,
                aspect_ratio=aspect_ratio,
                duration=duration,
                resolution=resolution,
                seed=seed,
                generate_audio=generate_audio,
            )
            return await self._seen(ctx, created.request_id, wait_s=wait_s)
        except SeedbedError as exc:
            raise ToolError(str(exc)) from exc

    async def get_video(self, ctx: Context[Any, Any], request_id: RequestId, wait_s: WaitS = 0) -> CallToolResult:
        """Say how far a video is; once it is finished, with a link and a thumbnail."""
        try:
            return await self._seen(ctx, request_id, wait_s=wait_s)
        except SeedbedError as exc:
            raise ToolError(str(exc)) from exc

    async def cancel_video(self, request_id: RequestId) -> dict[str, Any]:
        """Stop a video that is not finished. Its credits are paid back."""
        try:
            cancelled = await self._client.videos.cancel(request_id)
        except SeedbedError as exc:
            raise ToolError(str(exc)) from exc
        return {"requestId": cancelled.request_id, "status": cancelled.status.value}

    async def list_models(self) -> dict[str, Any]:
        """List the models: durations, ratios, resolutions and prices."""
        try:
            return {"models": [dict(model.data) for model in await self._client.models.list()]}
        except SeedbedError as exc:
            raise ToolError(str(exc)) from exc

    async def estimate(
        self,
        prompt: Prompt,
        media: Media = None,
        model: Model = "seedance-2.0",
        aspect_ratio: Ratio = None,
        duration: Duration = 5,
        resolution: Resolution = "720p",
    ) -> dict[str, Any]:
        """Check a request and say what it would cost. Makes nothing."""
        sources = self._sources(media)
        try:
            estimate = await self._client.videos.estimate(
                prompt=prompt,
                media=sources,
                model=model,
                aspect_ratio=aspect_ratio,
                duration=duration,
                resolution=resolution,
            )
        except SeedbedError as exc:
            raise ToolError(str(exc)) from exc
        return {"credits": estimate.credits, "warnings": list(estimate.warnings)}

    def _sources(self, media: Sequence[str] | None) -> list[str | Path]:
        return [medium if _is_url(medium) else self._file(medium) for medium in media or ()]

    def _file(self, name: str) -> Path:
        if self._files is None:
            raise ToolError(f"'{name[:80]}' is no URL. To share files, start the server with --files FOLDER.")
        folder = self._files.resolve()
        path = (folder / name).resolve()  # a link that leads out of the folder, too
        if not path.is_relative_to(folder) or not path.is_file():
            raise ToolError(f"There is no file '{name[:80]}' in the shared folder.")
        return path

    async def _seen(self, ctx: Context[Any, Any], request_id: str, *, wait_s: int) -> CallToolResult:
        """Look until the video is final or the time is over, and tell the progress meanwhile."""
        seen: list[Generation] = []
        news: set[asyncio.Task[None]] = set()

        def tell(generation: Generation) -> None:
            seen.append(generation)
            news.add(asyncio.create_task(ctx.report_progress(len(seen), message=_said(generation))))

        try:
            await self._client.videos.wait(request_id, timeout_s=wait_s, poll_s=LOOK_AGAIN_S, tell=tell)
        except (WaitTimedOut, GenerationFailed, GenerationCancelled):
            pass  # what was seen last says it all
        finally:
            await asyncio.gather(*news, return_exceptions=True)
        return await about(self._client, seen[-1])


def _is_url(medium: str) -> bool:
    return medium.startswith(("https://", "http://", "asset://", "data:"))


def _said(generation: Generation) -> str:
    progress = generation.progress
    return f"{progress.stage}: {progress.fraction:.0%}" if progress else generation.status.value
