"""The engine `open_api`: has its videos made by another service of the documented contract.

That may be the original service, or another Seedbed: a laptop that draws on the studio's machine. What may happen to an
order on its way is decided in `outbound.errand`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import UpstreamFailed
from seedbed.core.references import MAX_REFERENCES, Kind, Role
from seedbed.core.remote_order import OrderState, remembered_order
from seedbed.engines.open_api import exchange as wire
from seedbed.engines.open_api.options import KIND, Carriage, OpenApiOptions, Service
from seedbed.engines.open_api.order import body_of, data_uri, prompt_of, public_urls, warnings_of
from seedbed.outbound.errand import Errand
from seedbed.outbound.upstream import Beat

GRACE_S = 12.0
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DOWNLOAD_S = 120.0  # of the time limit, beyond the making there


class OpenApi:
    """Another service of the documented contract.

    Options (`[engines.NAME]`, `kind = "open_api"`):
    `base_url`          where it is: https://www.seedance2.ink, http://studio.lan:8000
    `key`               its API key, from `key_env` or `key_file`
    `models`            our model's id to theirs, where they differ: { "seedance-2.0" = "seedance-1.5-pro" }
    `service`           auto | seedbed | documented: what it is. Auto asks it. Default: auto
    `references_as`     auto | upload | url | data. Default: upload to a Seedbed, else their own public URL
    `time_limit_s`      how long one video may take there. Default: 3600
    `order_s`           how long it may take to take an order. Default: 120
    `poll_s`            how often it is asked how far it is, unless it wants to be asked less often. Default: 2
    `max_result_bytes`  how large a video may be. Default: 500000000
    `open_networks`     networks that its results may lie in although they are not public, as in the settings
    """

    protocol = 1

    def __init__(self, options: dict[str, Any]) -> None:
        """Raises NotReady for an option that is wrong, unknown or missing."""
        self._options = OpenApiOptions.from_options(options)
        self._upstream = wire.connect(self._options)

    def describe(self) -> Capabilities:
        return Capabilities(
            name=KIND,
            description=f"Another service of the same API makes the video: {self._options.base_url}.",
            roles=frozenset(Role),
            makes_audio=True,
            digital_source_type=SOURCE_TYPE,
            max_of_kind=dict.fromkeys(Kind, MAX_REFERENCES),
            repeats_by_seed=self._options.service is Service.SEEDBED,
            grace_s=GRACE_S,
            time_limit_s=self._options.patience.limit_s + DOWNLOAD_S,
            is_remote=True,
        )

    def check(self, report: Report) -> str | None:
        """Say what is wrong with the server just now, or None. Costs nothing. Raises Stop."""
        try:
            return wire.fault_of(self._upstream, self._options, beat=lambda: report(Stage.PREPARING, 0.0))
        except UpstreamFailed as exc:
            return f"{self._options.base_url}: {exc}"

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have the video made, and bring it to `out`. Raises Stop, JobFailure."""
        exchange = self._exchange(task, report)
        with Errand(exchange, report, task.memory, patience=self._options.patience) as errand:
            news = errand.run(is_seedbed=exchange.is_seedbed)
            errand.fetch(news, self._upstream, out, limit_bytes=self._options.max_result_bytes)
        warnings = (*warnings_of(task, is_seedbed=exchange.is_seedbed), *news.facts.get("warnings", ()))
        prompt = prompt_of(task)
        sent = {"prompt": prompt} if prompt != task.prompt else None
        return Made(out, shot_plan=news.facts.get("shot_plan"), warnings=warnings, sent=sent)

    def withdraw(self, task: RenderTask, report: Report) -> None:
        """Cancel what was ordered for a job that is over. Raises JobFailure, Stop."""
        Errand(self._exchange(task, report), report, task.memory, patience=self._options.patience).withdraw()

    def _exchange(self, task: RenderTask, report: Report) -> wire.OpenApiExchange:
        """Prepare the order. Nothing is sent yet but references to be uploaded."""

        def beat() -> None:
            report(Stage.PREPARING, 0.0)

        last = remembered_order(task.memory, server=self._options.base_url)
        is_seedbed = bool(last.notes["is_seedbed"]) if last and "is_seedbed" in last.notes else self._is_seedbed(beat)
        number = last.number + (last.state is OrderState.ENDED) if last else 1
        has_it = last is not None and last.state is OrderState.SENT  # then nothing is sent any more
        urls = [] if has_it else self._addresses(task, number, is_seedbed, beat)
        model = self._options.model_of(task.model)
        body = {} if has_it else body_of(task, urls, model=model, is_seedbed=is_seedbed)
        return wire.OpenApiExchange(
            options=self._options,
            upstream=self._upstream,
            is_seedbed=is_seedbed,
            ticket=task.ticket,
            body=wire.as_json(body),
        )

    def _is_seedbed(self, beat: Beat) -> bool:
        if self._options.service is not Service.AUTO:
            return self._options.service is Service.SEEDBED
        return wire.is_seedbed(self._upstream, beat=beat, patience_s=self._options.patience.order_s)

    def _addresses(self, task: RenderTask, number: int, is_seedbed: bool, beat: Beat) -> list[str]:
        """Return how the server is to get at the references."""
        carriage = self._options.carriage if is_seedbed else Carriage.URL
        match carriage or Carriage.UPLOAD:
            case Carriage.URL:
                return public_urls(task.references)
            case Carriage.DATA:
                return [data_uri(reference) for reference in task.references]
            case Carriage.UPLOAD:
                prefix = f"{task.ticket}-{number}-reference"
                return wire.uploaded(self._upstream, task.references, prefix=prefix, options=self._options, beat=beat)
