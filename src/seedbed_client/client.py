"""One service, one key, and the calls of its native dialect.

Every create carries an Idempotency-Key, so that a call which is sent again after a lost answer makes one job and costs
once.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from seedbed_client.errors import ApiError, GenerationFailed, TookTooLong, Unreachable
from seedbed_client.generation import Generation, Output, Status, read_generation
from seedbed_client.webhooks import Webhooks

PREFIX = "/api/open/v1"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TRIES = 3
_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Created:
    request_id: str
    charged_credits: int
    warnings: tuple[str, ...]


class Client:
    """Close it, or use it in a `with` block. Not for several threads at a time."""

    def __init__(
        self, base_url: str, key: str | None, *, timeout_s: float = 30.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._key = key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # A proxy from the environment must not see what stays on this machine.
        is_local = urlsplit(self.base_url).hostname in _LOOPBACK
        self._http = httpx.Client(
            base_url=self.base_url, headers=headers, timeout=timeout_s, transport=transport, trust_env=not is_local
        )
        self.webhooks = Webhooks(self._call)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def models(self) -> list[dict[str, Any]]:
        body: list[dict[str, Any]] = self._call("GET", f"{PREFIX}/models")["data"]
        return body

    def upload(self, path: Path) -> str:
        """Upload a picture, a video or a sound and return the URL that stands for it in a request."""
        with path.open("rb") as file:
            url: str = self._call("POST", f"{PREFIX}/uploads", files={"file": (path.name, file)})["url"]
        return url

    def create(self, *, prompt: str, model: str, media_urls: Sequence[str] = (), **options: object) -> Created:
        """Ask for a video. `options` are the other fields of the contract by their own names; None leaves one out."""
        given = {name: value for name, value in options.items() if value is not None}
        body = {"model": model, "prompt": prompt} | ({"mediaUrls": list(media_urls)} if media_urls else {}) | given
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self._call("POST", f"{PREFIX}/video/generations", tries=_TRIES, json=body, headers=headers)
        return Created(answer["requestId"], answer["creditsCharged"], tuple(answer.get("warnings", ())))

    def get(self, request_id: str) -> Generation:
        body = self._call("GET", f"{PREFIX}/video/generations/{quote(request_id, safe='')}", tries=_TRIES)
        try:
            return read_generation(body)
        except (KeyError, ValueError) as exc:
            raise Unreachable(self.base_url, f"its answer is not a generation ({exc!r})") from exc

    def cancel(self, request_id: str) -> None:
        """Stop a job that is not final. Idempotent. Raises ApiError `not_cancellable` if it has succeeded or failed."""
        self._call("POST", f"{PREFIX}/video/generations/{quote(request_id, safe='')}/cancel", tries=_TRIES)

    def watch(self, request_id: str, *, every_s: float = 0.25, deadline_s: float = 3600.0) -> Iterator[Generation]:
        """Yield the generation now and then until it is final, that one included. Raises TookTooLong."""
        started_s = time.monotonic()
        while True:
            generation = self.get(request_id)
            yield generation
            if generation.status.is_final:
                return
            waited_s = time.monotonic() - started_s
            if waited_s >= deadline_s:
                raise TookTooLong(request_id, waited_s=waited_s)
            time.sleep(every_s)

    def wait(
        self, request_id: str, *, deadline_s: float = 3600.0, tell: Callable[[Generation], None] | None = None
    ) -> Generation:
        """Return the generation once it has succeeded. Raises GenerationFailed if it ends otherwise."""
        generation = None
        for generation in self.watch(request_id, deadline_s=deadline_s):
            if tell:
                tell(generation)
        assert generation is not None  # watch yields at least once
        if generation.status is not Status.SUCCEEDED:
            code = generation.error_code or generation.status.value
            raise GenerationFailed(request_id, code=code, message=generation.error_message or "it was cancelled")
        return generation

    def download(self, output: Output, into: Path) -> int:
        """Save the video at `into`, whole or not at all, and return its size in bytes. A check sum is compared.

        The key goes only to the service itself, never to a bucket that the result lies in.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        part = into.with_name(f".{into.name}.{uuid.uuid4().hex}.part")
        try:
            with self._translated(), part.open("wb") as file:
                digest, size_bytes = self._receive(output.url, file.write)
            if output.sha256 and digest != output.sha256:
                raise Unreachable(self.base_url, "the video arrived damaged (its check sum differs)")
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)
        return size_bytes

    def _receive(self, url: str, write: Callable[[bytes], object]) -> tuple[str, int]:
        digest, size_bytes = hashlib.sha256(), 0
        is_ours = urlsplit(url)[:2] == urlsplit(self.base_url)[:2]
        request = self._http.build_request("GET", url)
        if not is_ours:
            request.headers.pop("Authorization", None)
        response = self._http.send(request, stream=True, follow_redirects=True)
        try:
            if response.is_error:
                response.read()
                raise self._error(response)
            for chunk in response.iter_bytes(_CHUNK_BYTES):
                write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
        finally:
            response.close()
        return digest.hexdigest(), size_bytes

    def _call(self, method: str, path: str, *, tries: int = 1, **request: Any) -> dict[str, Any]:
        for tries_left in reversed(range(tries)):
            try:
                return self._once(method, path, **request)
            except Unreachable:
                if not tries_left:
                    raise
                time.sleep(0.2)
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        with self._translated():
            response = self._http.request(method, path, **request)
        if response.is_error:
            raise self._error(response)
        body = self._json(response)
        if body is None:
            raise Unreachable(self.base_url, f"it answered {response.status_code} without JSON")
        return body

    def _error(self, response: httpx.Response) -> ApiError | Unreachable:
        error = (self._json(response) or {}).get("error")
        if not isinstance(error, dict):
            return Unreachable(self.base_url, f"it answered {response.status_code} {response.reason_phrase}")
        return ApiError(
            str(error.get("message", response.reason_phrase)),
            code=str(error.get("code", response.status_code)),
            status=response.status_code,
            param=error.get("param"),
            request_id=response.headers.get("X-Request-Id"),
        )

    def _json(self, response: httpx.Response) -> dict[str, Any] | None:
        try:
            body = response.json()
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unreachable(self.base_url, str(exc) or type(exc).__name__) from exc
