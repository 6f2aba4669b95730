"""Has a server that speaks `/v1/videos` make the video, whichever project it is of (`flavours`).

What may happen to an order on its way is decided in `outbound.errand`.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import UpstreamFailed
from seedbed.core.references import Kind
from seedbed.engines.videos_api import exchange as wire
from seedbed.engines.videos_api.options import KIND, Options
from seedbed.engines.videos_api.request import Order, compose
from seedbed.outbound.errand import Errand
from seedbed.outbound.upstream import Upstream

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
GRACE_S = 10.0  # to hear the answer to an order and to pass a cancel on
DOWNLOAD_S = 660.0  # of the time limit, beyond the making there
CONTENT_PATIENCE_S = 20.0  # some say that a video is there before its file is


class VideosApi:
    """The engine of kind `videos_api`. Its options are:

    `base_url`: the server's address, with or without `/v1`. `flavour`: openai, seedbed, litellm, vllm-omni,
    vllm-omni-h3, sglang, sglang-h3 or fastvideo. `key`: sent as a bearer token. `model`: the server's name for the
    model, or a table from our ids to its names; left out where the server runs one model only.

    What the model makes, where that is not what is asked for (all is conformed afterwards): `sizes`, a list such as
    `["832x480"]`, of which the nearest is asked for; `seconds`, the only lengths that it makes; `fps`; `frames`, its
    counts, such as `"4n+1"`; `roles`, those that it has use of (a text-to-video model: none); `makes_audio`;
    `prompt_form`, how it is told which reference is meant: minimax_h3, ltx2, wan, plain ("image 1") or as_it_is.

    `references_as`: `file`, `url` or `data` (an upload has no address, and goes as data). `loras`: a table from LoRA
    names to paths on the server. `extra`: a table of what else is sent, as it stands. `bills`: an order whose answer
    was lost is looked for in the server's list for `settle_s` (30) and never sent again; true of openai, litellm and
    seedbed. `description`: what `/models` says. `time_limit_s` (3600): how long one video may take there, `order_s`
    (60): how long it may take to take an order, `poll_s` (2): how often it is asked how far it is,
    `max_result_bytes` (500 MB), `open_networks`: networks that results may lie in although they are not public.
    """

    protocol = 1

    def __init__(self, options: dict[str, Any]) -> None:
        """Raises NotReady if the options are wrong. Calls nobody."""
        self._options = Options.from_options(options)

    def describe(self) -> Capabilities:
        options = self._options
        kinds = {role.kind for role in options.roles}
        return Capabilities(
            name=KIND,
            description=options.description,
            roles=options.roles,
            makes_audio=options.makes_audio,
            digital_source_type=SOURCE_TYPE,
            max_of_kind={kind: options.flavour.most_of.get(kind, 0) if kind in kinds else 0 for kind in Kind},
            max_duration_s=max(options.seconds, default=None),
            repeats_by_seed="seed" in options.flavour.fields,
            grace_s=GRACE_S,
            time_limit_s=options.patience.limit_s + DOWNLOAD_S,
            is_remote=True,
        )

    def check(self, report: Report) -> str | None:
        """Ask the server whether it is well, as its flavour has it. Raises Stop."""
        with closing(wire.connect(self._options)) as upstream:
            try:
                return wire.fault_of(upstream, self._options, beat=lambda: report(Stage.PREPARING, 0.0))
            except UpstreamFailed as exc:
                return f"{self._options.base_url}: {exc}"

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have it made at `out`. Raises Stop, or a JobFailure."""
        order = compose(task, self._options)
        with (
            closing(wire.connect(self._options)) as upstream,  # anew, so that no order goes out on a stale connection
            self._errand(task, order, upstream, report) as errand,
        ):
            news = errand.run()
            limit_bytes = self._options.max_result_bytes
            errand.fetch(news, upstream, out, limit_bytes=limit_bytes, patience_s=CONTENT_PATIENCE_S)
        return Made(path=out, warnings=order.warnings, sent=order.sent)

    def withdraw(self, task: RenderTask, report: Report) -> None:
        """Delete what was ordered for a job that is over. Raises JobFailure, Stop."""
        with closing(wire.connect(self._options)) as upstream:
            self._errand(task, compose(task, self._options), upstream, report, can_resend=False).withdraw()

    def _errand(
        self, task: RenderTask, order: Order, upstream: Upstream, report: Report, *, can_resend: bool = True
    ) -> Errand:
        options = self._options
        exchange = wire.VideosExchange(
            options=options, upstream=upstream, ticket=task.ticket, asked=order, can_resend=can_resend
        )
        return Errand(exchange, report, task.memory, patience=options.patience, may_reorder=not options.bills)
