"""The engine `ark`: has its videos made by upstream Seedance, at either official host, with the operator's own key.

The service documents no key that would make two orders one, so an order whose answer was lost is looked for in its list
of tasks, and is never sent again before it is sure that it is not there. What may happen to an order on its way is
decided in `outbound.errand`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import EngineUnavailable, UpstreamFailed
from seedbed.core.references import Kind, Role
from seedbed.engines.ark import exchange as wire
from seedbed.engines.ark.options import KIND, ArkOptions
from seedbed.engines.ark.order import body_of, prompt_of, warnings_of
from seedbed.outbound.errand import Errand

GRACE_S = 15.0
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DOWNLOAD_S = 300.0  # of the time limit, beyond the making there
MAX_OF_KIND = {Kind.IMAGE: 9, Kind.VIDEO: 3, Kind.AUDIO: 3}
MAX_DURATION_S = 15


class Ark:
    """Upstream Seedance. Its tokens are kept with the job's memory; a task that already runs there cannot be stopped.

    Options (`[engines.NAME]`, `kind = "ark"`):
    `host`              byteplus | volcengine: the international or the Chinese one. Default: byteplus
    `base_url`          another address of the same API, up to /api/v3
    `key`               the API key there, from `key_env` or `key_file`
    `models`            our model's id to theirs, or to an endpoint (ep-...). Default: the host's, of all three models
    `references_as`     data | url: pictures and sounds inside the request, or by their own public URL. Default: data.
                        A video is always passed on by its own public URL
    `service_tier`      default | flex: flex is half the price on the earlier model, and slow. Default: default
    `time_limit_s`      how long one video may take there. Default: 3600
    `order_s`           how long it may take to take an order. Default: 120
    `settle_s`          how long a lost order is looked for. Default: 30
    `poll_s`            how often it is asked how far it is. Default: 5
    `max_result_bytes`  how large a video may be. Default: 500000000
    `open_networks`     networks that its results may lie in although they are not public, as in the settings
    """

    protocol = 1

    def __init__(self, options: dict[str, Any]) -> None:
        """Raises NotReady for an option that is wrong, unknown or missing."""
        self._options = ArkOptions.from_options(options)
        self._upstream = wire.connect(self._options)

    def describe(self) -> Capabilities:
        return Capabilities(
            name=KIND,
            description=f"Upstream Seedance makes the video: {self._options.base_url}.",
            roles=frozenset(Role),
            makes_audio=True,
            digital_source_type=SOURCE_TYPE,
            max_of_kind=MAX_OF_KIND,
            max_duration_s=MAX_DURATION_S,
            repeats_by_seed=False,  # the same seed makes a similar video there
            grace_s=GRACE_S,
            time_limit_s=self._options.patience.limit_s + DOWNLOAD_S,
            is_remote=True,
        )

    def check(self, report: Report) -> str | None:
        """Say what is wrong with the service just now, or None. Costs nothing. Raises Stop."""
        try:
            return wire.fault_of(self._upstream, self._options, beat=lambda: report(Stage.PREPARING, 0.0))
        except UpstreamFailed as exc:
            return f"{self._options.base_url}: {exc}"

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have the video made, and bring it to `out`. Raises Stop, JobFailure."""
        model = self._model(task)
        body_of(task, self._options, model=model, number=1)  # raises EngineUnfit before anything is remembered
        with self._errand(task, report, model) as errand:
            news = errand.run(model=model)
            errand.note(usage=news.facts["usage"])
            # At once: its address holds for a day. A new one is asked for where it no longer does.
            errand.fetch(news, self._upstream, out, limit_bytes=self._options.max_result_bytes)
        prompt = prompt_of(task, model=model).prompt
        sent = {"prompt": prompt} if prompt != task.prompt else None
        return Made(out, warnings=warnings_of(task, model=model), sent=sent)

    def withdraw(self, task: RenderTask, report: Report) -> None:
        """Delete what was ordered for a job that is over, if it still waits there. Raises JobFailure, Stop."""
        self._errand(task, report, self._model(task)).withdraw()

    def _errand(self, task: RenderTask, report: Report, model: str) -> Errand:
        exchange = wire.ArkExchange(options=self._options, upstream=self._upstream, task=task, model=model)
        return Errand(exchange, report, task.memory, patience=self._options.patience)

    def _model(self, task: RenderTask) -> str:
        if task.model not in self._options.models:
            raise EngineUnavailable(f"engines.{KIND}: models does not say what {task.model} is called upstream: add it")
        return self._options.models[task.model]
