"""The engine `comfyui`: has its videos made by a workflow on a ComfyUI server.

What may happen to an order on its way is decided in `outbound.errand`. One table is one server with one GPU; tables
that share a pool share its jobs. A server keeps nothing over its restart, so an order may be placed anew then, once.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import UpstreamFailed, UpstreamTimeout, UpstreamUnresolved
from seedbed.core.references import Kind
from seedbed.core.remote_order import OrderState, RemoteOrder, is_open, remembered_order
from seedbed.engines.comfyui import exchange as wire
from seedbed.engines.comfyui.options import KIND, ComfyUiOptions
from seedbed.engines.comfyui.order import FRAMES, Order, compose, place
from seedbed.engines.comfyui.progress import Progress, ToldReport
from seedbed.engines.comfyui.survey import Survey
from seedbed.engines.comfyui.uploads import uploaded
from seedbed.outbound.errand import Errand
from seedbed.outbound.upstream import Upstream
from seedbed.outbound.websocket import Listener

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
GRACE_S = 14.0  # to hear the answer to an order, to find it, and to end it there
DOWNLOAD_S = 660.0  # of the time limit, beyond the making there
OPENING_S = 2.0  # so long the first message is waited for; it is tried on in the background


class ComfyUi:
    """A workflow on a ComfyUI server.

    Options (`[engines.NAME]`, `kind = "comfyui"`):
    `url`               where the server is: http://gpu-1:8188. One server and GPU a table; tables may share a pool
    `workflow`          path of the workflow in API form (ComfyUI: Workflow > Export (API))
    `defaults`          a table of inputs to set otherwise than the file has them: { "3.steps" = 8 }
    `prompt_form`       plain | ltx2 | minimax_h3 | wan: how the model wants pointers written, and its negative prompt
    `fps`               the rate that the workflow makes. Default: that of the clip
    `frames`            the counts of frames that the model makes, such as 8n+1. Default: any
    `multiple_of`       what both sides must be divisible by; they are rounded up. Default: 1
    `makes_audio`       whether its videos have sound. Default: false
    `optional`          entries of the map without which the workflow works, such as ["last_frame"]: the nodes that
                        would load them are taken out, and with them those that work on nothing else
    `description`       what `/models` says
    `key`, `key_header` sent as a bearer token, or in another header such as X-API-Key, for a proxy before it
    `time_limit_s`      how long one video may take there, with the wait in its queue. Default: 3600
    `order_s`           how long it may take to take an order. Default: 60
    `poll_s`            how often it is asked, besides being listened to. Default: 1
    `max_result_bytes`  how large a video may be. Default: 500000000
    `open_networks`     networks that its results may lie in although they are not public, as in the settings

    `map` is a table from what a job has to where it goes, each an input such as "12.text" (node and input) or a list of
    such: `prompt`, `negative_prompt`, `seed`, `width`, `height`, `frames`, `fps`, `seconds`, `generate_audio`,
    `filename_prefix`; `first_frame`, `last_frame`; `reference_images`, `reference_video`, `reference_audio`, where each
    input takes one of them; `options`, a table from the model's own options to inputs; and `result`, the id of the node
    that saves the video.
    """

    protocol = 1

    def __init__(self, options: dict[str, Any]) -> None:
        """Raises NotReady for an option that is wrong, and for a node of the map that the workflow does not have."""
        self._options = ComfyUiOptions.from_options(options)
        self._survey = Survey(self._options)

    def describe(self) -> Capabilities:
        options = self._options
        room: Counter[Kind] = Counter()
        for role, slots in options.map.slots.items():
            room[role.kind] += 1 if role in FRAMES else len(slots)
        return Capabilities(
            name=KIND,
            description=options.description,
            roles=frozenset(options.map.slots),
            makes_audio=options.makes_audio,
            digital_source_type=SOURCE_TYPE,
            max_of_kind={kind: room[kind] for kind in Kind},
            repeats_by_seed="seed" in options.map.values,
            grace_s=GRACE_S,
            time_limit_s=options.patience.limit_s + DOWNLOAD_S,
            is_remote=True,
        )

    def check(self, report: Report) -> str | None:
        """Say what is wrong with the server just now, as a node or a file that it lacks, or None. Raises Stop."""
        with closing(wire.connect(self._options)) as upstream:
            return self._survey.fault(upstream, beat=lambda: report(Stage.PREPARING, 0.0))

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have the video made, and bring it to `out`. Raises Stop, or a JobFailure."""
        options = self._options
        progress = Progress(options.workflow.weights(options.map.result))
        told = ToldReport(report, progress)
        address = f"{options.url}/ws?clientId={wire.client_id(task.ticket)}"
        memory = self._own_memory(task, report)
        last = remembered_order(memory, server=options.url)
        with (
            closing(wire.connect(options)) as upstream,
            Listener(address, headers=options.headers, hear=progress.hear) as listener,
        ):
            order = self._order(task, last, upstream, told)
            exchange = wire.ComfyUiExchange(
                options=options,
                upstream=upstream,
                ticket=task.ticket,
                prompt=order.prompt,
                progress=progress,
                tried={last.number} if last and last.state is OrderState.SENDING else set(),
            )
            errand = Errand(exchange, told, memory, patience=options.patience)
            listener.wait_until_open(errand.beat, patience_s=OPENING_S)
            self._run(errand, upstream, out, report)
        return Made(out, warnings=order.warnings, sent=order.sent)

    def withdraw(self, task: RenderTask, report: Report) -> None:
        """End what was ordered for a job that is over, also at another server of the pool. Raises Stop."""
        memory = task.memory
        if not memory or not is_open(memory):
            return
        options = self._options
        if memory["server"] != options.url:
            options = replace(options, url=memory["server"], headers={}, key="")  # our key is for our server alone
        with closing(wire.connect(options)) as upstream:
            exchange = wire.ComfyUiExchange(
                options=options, upstream=upstream, ticket=task.ticket, prompt={}, progress=Progress({})
            )
            Errand(exchange, report, memory, patience=options.patience).withdraw()

    def _own_memory(self, task: RenderTask, report: Report) -> dict[str, Any] | None:
        """Return what is remembered of an order at this server. One at another of the pool's is ended there."""
        if task.memory and task.memory.get("server") == self._options.url:
            return task.memory
        self.withdraw(task, report)
        return None

    def _order(self, task: RenderTask, last: RemoteOrder | None, upstream: Upstream, report: Report) -> Order:
        """Prepare the order. Nothing is sent yet but references to be uploaded, and those not if the server has it."""
        placing = place(task, self._options)
        if last is not None and last.state is OrderState.SENT:
            names = {reference.name: "" for reference in placing.references}
        else:
            names = uploaded(
                upstream,
                placing.references,
                ticket=task.ticket,
                options=self._options,
                beat=lambda: report(Stage.PREPARING, 0.0),
            )
        return compose(task, placing, names, self._options)

    def _run(self, errand: Errand, upstream: Upstream, out: Path, report: Report) -> None:
        try:
            with errand:
                errand.fetch(errand.run(), upstream, out, limit_bytes=self._options.max_result_bytes)
        except UpstreamTimeout as exc:
            # Nobody pays by the order here. So that another engine may be given the job, this one lets go of it.
            if errand.order and is_open(errand.order.as_memory()):
                report.remember(errand.order.ended().as_memory())
            if isinstance(exc, UpstreamUnresolved):
                raise UpstreamFailed("The remote engine can no longer be asked about this job's order.") from exc
            raise
