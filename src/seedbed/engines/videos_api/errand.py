"""One video at one server: ordered, followed, fetched; gone on with by a later attempt; ended there when cancelled."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seedbed.core.engine import RenderTask, Report, Stage, Stop
from seedbed.core.errors import UpstreamFailed, UpstreamTimeout
from seedbed.engines.videos_api import answers
from seedbed.engines.videos_api.notes import Notes
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.ordering import VIDEOS, Ordering
from seedbed.engines.videos_api.request import Order
from seedbed.outbound.upstream import Unanswered, Upstream, pause

POLL_PATIENCE_S = 120.0
CONTENT_PATIENCE_S = 20.0  # some say that a video is there before its file is
CANCEL_S = 5.0
GONE_AFTER = 3  # answers in a row that there is no such video
FIRST_POLL_S, LONGEST_POLL_S = 0.1, 5.0


class Errand:
    """The state of one `make`."""

    def __init__(self, task: RenderTask, order: Order, options: Options, upstream: Upstream, report: Report) -> None:
        self._options = options
        self._flavour = options.flavour
        self._upstream = upstream
        self._report = report
        self._notes = Notes(report, task.memory)
        self._ordering = Ordering(
            order, ticket=task.ticket, options=options, upstream=upstream, notes=self._notes, beat=self._beat
        )
        self._stage = Stage.PREPARING
        self._fraction = 0.0

    def run(self, out: Path) -> None:
        """Bring the video to `out`. Raises Stop, or a JobFailure."""
        try:
            self._ordering.ensure()
            self._fetch(self._follow(), out)
        except Stop as stop:
            if stop.is_for_good:
                self._end_there()
            raise

    @property
    def _path(self) -> str:
        return f"{VIDEOS}/{quote(self._notes.now.id, safe='')}"

    def _follow(self) -> dict[str, Any]:
        """Ask until the video is there, and return what the server says of it."""
        until_s = self._notes.now.at + self._options.time_limit_s
        wait_s, missed = FIRST_POLL_S, 0
        while True:
            reply = self._upstream.ask("GET", self._path, beat=self._beat, patience_s=POLL_PATIENCE_S)
            missed = missed + 1 if reply.status == 404 else 0
            if missed == GONE_AFTER:
                self._notes.over()
                raise UpstreamFailed("The remote engine no longer knows the video; it may have been restarted.")
            if reply.is_ok:
                video = reply.members()
                if self._is_done(video):
                    return video
            elif not missed:
                raise answers.refusal(reply, server=self._options.base_url, key=self._options.key)
            if time.time() > until_s:
                self._give_up()
            pause(max(wait_s, min(reply.retry_after_s or 0.0, LONGEST_POLL_S)), self._beat)
            wait_s = min(1.3 * wait_s, LONGEST_POLL_S)

    def _is_done(self, video: dict[str, Any]) -> bool:
        """Take the progress from what the server says. Raises the failure that it tells.

        A state that we do not know may be one of the ways, so it is waited out, but not for ever.
        """
        state = str(video.get("status", "")).lower()
        if state in answers.FAILED:
            self._notes.over()
            raise answers.failure(video, key=self._options.key)
        if state in answers.RUNNING or not self._flavour.tells_running:
            self._stage = Stage.RENDERING
        percent = video.get("progress")
        if self._stage is Stage.RENDERING and self._flavour.progress_is_real and isinstance(percent, int | float):
            self._fraction = max(self._fraction, min(1.0, percent / 100))
        return state in answers.DONE

    def _give_up(self) -> None:
        self._end_there()
        self._notes.over()
        raise UpstreamTimeout(f"The remote engine did not finish within {self._options.time_limit_s:g} s.")

    def _fetch(self, video: dict[str, Any], out: Path) -> None:
        self._stage, self._fraction = Stage.RENDERING, 1.0
        address = video.get(self._flavour.address_field) if self._flavour.address_field else None
        is_elsewhere = isinstance(address, str) and address.startswith(("http://", "https://"))
        self._upstream.download(
            str(address) if is_elsewhere else f"{self._path}/content",
            out,
            beat=self._beat,
            limit_bytes=self._options.max_result_bytes,
            patience_s=CONTENT_PATIENCE_S,
        )
        answers.check_is_video(out)

    def _end_there(self) -> None:
        """Have the server drop the video, if it has one. Bounded and silent: nobody waits for what comes of it."""
        if self._notes.now.state != "sent":
            return
        try:
            self._upstream.send("DELETE", self._path, beat=_unheard, deadline_s=CANCEL_S, timeout=CANCEL_S)
        except (Unanswered, UpstreamFailed):
            return

    def _beat(self) -> None:
        self._report(self._stage, self._fraction)


def _unheard() -> None:
    """A beat for what must be done although a Stop has come."""
