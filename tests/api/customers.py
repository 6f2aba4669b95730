"""A customer of the API, and what the worker would do for it."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from seedbed.actions.claim import claim
from seedbed.actions.finish import Success, finish
from seedbed.blobs.store import Blobs
from seedbed.core.job import Job, Output
from seedbed.core.sizes import Size
from seedbed.store.database import Pool

ROOT = "/api/open/v1"
GENERATIONS = f"{ROOT}/video/generations"
PICTURE_URL = "https://cdn.pictures.dev/a.jpg"
VIDEO = bytes(range(256)) * 40  # not a video: the API hands out bytes without looking at them
LAST_FRAME = b"\x89PNG" + bytes(100)


def order(**fields) -> dict:
    """A good body, with changes. `...` takes a field out."""
    body = {"model": "seedance-2.0", "prompt": "A red fox in the snow.", "duration": 5, "resolution": "720p"} | fields
    return {name: value for name, value in body.items() if value is not ...}


@dataclass(frozen=True)
class Customer:
    http: httpx.AsyncClient
    pool: Pool
    account_id: int
    key_id: int
    key: str
    is_live: bool = True

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    async def get(self, path: str, *, headers=None, **options) -> httpx.Response:
        return await self.http.get(path, headers=self.bearer | (headers or {}), **options)

    async def post(self, path: str, *, headers=None, **options) -> httpx.Response:
        return await self.http.post(path, headers=self.bearer | (headers or {}), **options)

    async def submit(self, *, headers=None, **fields) -> httpx.Response:
        return await self.post(GENERATIONS, json=order(**fields), headers=headers)

    async def send_raw(self, body: bytes, *, content_type: str | None = "application/json") -> httpx.Response:
        headers = {"Content-Type": content_type} if content_type else {}
        return await self.post(GENERATIONS, content=body, headers=headers)

    async def new_job(self, **fields) -> str:
        answer = await self.submit(**fields)
        assert answer.status_code == 200, answer.text
        return answer.json()["requestId"]

    async def show(self, job_id: str) -> dict:
        return (await self.get(f"{GENERATIONS}/{job_id}")).json()

    async def cancel(self, job_id: str) -> httpx.Response:
        return await self.post(f"{GENERATIONS}/{job_id}/cancel")

    async def credits(self) -> tuple[int, int]:
        """Return what is available and what is held."""
        body = (await self.get(f"{ROOT}/credits")).json()
        return body["available"], body["held"]

    async def jobs(self) -> int:
        return len(await self._ids("select id from job where account_id = %s"))

    async def open_jobs(self) -> list[str]:
        """Return the ids of the account's open jobs in the mode of the key."""
        rows = "select id from job where account_id = %s and state in ('queued', 'processing') and is_live"
        return await self._ids(rows if self.is_live else rows.replace("and is_live", "and not is_live"))

    async def _ids(self, statement: str) -> list[str]:
        async with self.pool.connection() as conn:
            rows = await (await conn.execute(statement, [self.account_id])).fetchall()
        return [row["id"] for row in rows]

    async def take(self) -> Job:
        """Claim the account's only waiting job, as a worker does."""
        async with self.pool.connection() as conn:
            taken = await claim(conn, pools=["default"], worker="w1", lease_s=60)
        assert taken is not None
        assert taken.job.account_id == self.account_id
        return taken.job

    async def succeed(self, blobs: Blobs, *, has_last_frame: bool = True) -> Job:
        """Take the account's only waiting job and finish it with VIDEO."""
        job = await self.take()
        folder = f"jobs/{job.id}/{job.attempt}"
        output = Output(
            key=f"{folder}/result.mp4",
            size=Size(1280, 720),
            frames=121,
            fps=24,
            size_bytes=len(VIDEO),
            sha256="ab" * 32,
            last_frame_key=f"{folder}/last-frame.png" if has_last_frame else None,
        )
        await blobs.put_bytes(output.key, VIDEO)
        if output.last_frame_key:
            await blobs.put_bytes(output.last_frame_key, LAST_FRAME)
        async with self.pool.connection() as conn:
            finished = await finish(conn, job.id, job.attempt, Success(output, engine="animatic"))
        assert finished is not None
        return finished.job

    async def fail(self, failure) -> Job:
        job = await self.take()
        async with self.pool.connection() as conn:
            finished = await finish(conn, job.id, job.attempt, failure)
        assert finished is not None
        return finished.job
