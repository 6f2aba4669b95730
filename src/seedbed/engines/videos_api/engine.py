"""Has a server that speaks `/v1/videos` make the video, whichever project it is of (`flavours`)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import UpstreamFailed
from seedbed.core.references import Kind
from seedbed.engines.videos_api.errand import Errand
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.request import compose
from seedbed.outbound.upstream import Unanswered, Upstream

NAME = "videos_api"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
GRACE_S = 10.0  # to hear the answer to an order and to pass a cancel on
FETCHING_S = 660.0  # of the time limit, for the download
CHECK_S = 10.0


class VideosApi:
    """The engine of kind `videos_api`. Its options are:

    `base_url`: the server's address, with or without `/v1`. `flavour`: openai, seedbed, litellm, vllm-omni,
    vllm-omni-h3, sglang, sglang-h3 or fastvideo. `key`: sent as a bearer token. `model`: the server's name for the
    model, or a table from our ids to its names; left out where the server runs one model only.

    What the model makes, where that is not what is asked for (all is conformed afterwards): `sizes`, a list such as
    `["832x480"]`, of which the nearest is asked for; `seconds`, the only lengths that it makes; `fps`; `frames`, its
    counts, such as `"4n+1"`; `roles`, those that it has use of (a text-to-video model: none); `makes_audio`.

    `references_as`: `file`, `url` or `data` (an upload has no address, and goes as data). `loras`: a table from LoRA
    names to paths on the server. `extra`: a table of what else is sent, as it stands. `bills`: an order whose answer
    was lost is looked for in the server's list and never sent again; true of openai, litellm and seedbed.
    `description`: what `/models` says. `time_limit_s` (3600), `max_result_bytes` (500 MB), `open_networks`: networks
    that results may lie in although they are not public.
    """

    protocol = 1

    def __init__(self, options: dict[str, Any]) -> None:
        """Raises NotReady if the options are wrong. Calls nobody."""
        self._options = Options.from_options(options)

    def describe(self) -> Capabilities:
        options = self._options
        kinds = {role.kind for role in options.roles}
        return Capabilities(
            name=NAME,
            description=options.description,
            roles=options.roles,
            makes_audio=options.makes_audio,
            digital_source_type=SOURCE_TYPE,
            max_of_kind={kind: options.flavour.most_of.get(kind, 0) if kind in kinds else 0 for kind in Kind},
            max_duration_s=max(options.seconds, default=None),
            repeats_by_seed="seed" in options.flavour.fields,
            grace_s=GRACE_S,
            time_limit_s=options.time_limit_s + FETCHING_S,
            is_remote=True,
        )

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have it made at `out`. Raises Stop, or a JobFailure."""
        order = compose(task, self._options)
        with closing(self._upstream()) as upstream:
            Errand(task, order, self._options, upstream, report).run(out)
        return Made(path=out, warnings=order.warnings, sent=order.sent)

    def check(self, report: Report) -> str | None:
        """Ask the server whether it is well, as its flavour has it. Raises Stop."""
        options = self._options
        with closing(self._upstream()) as upstream:
            try:
                reply = upstream.send(
                    "GET",
                    options.flavour.health,
                    beat=lambda: report(Stage.PREPARING, 0.0),
                    deadline_s=CHECK_S,
                    timeout=CHECK_S,
                )
            except Unanswered as exc:
                return f"{options.base_url} does not answer: {exc}."
            except UpstreamFailed as exc:
                return f"{options.base_url}: {exc}"
        if reply.is_ok:
            return None
        if reply.status in (401, 403):
            return f"{options.base_url} refuses our key ({reply.status}); check the option key."
        return f"{options.base_url} answered {reply.status} to GET {options.flavour.health}."

    def _upstream(self) -> Upstream:
        options = self._options
        headers = {"Authorization": f"Bearer {options.key}"} if options.key else {}
        return Upstream(base_url=options.base_url, headers=headers, opened=options.open_networks)
