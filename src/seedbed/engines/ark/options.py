"""What an operator says about the upstream service: which host, which models, and how patient to be with it.

Source: the documents of both official hosts; CONTRACT 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seedbed.core.openings import Opened
from seedbed.core.operator_table import OperatorTable
from seedbed.outbound.errand import Patience

KIND = "ark"


class Host(StrEnum):
    BYTEPLUS = "byteplus"  # the international one
    VOLCENGINE = "volcengine"  # the Chinese one


class Carriage(StrEnum):
    """How pictures and sounds come to the server. It takes videos by public URL alone."""

    DATA = "data"
    URL = "url"


BASE_URLS = {
    Host.BYTEPLUS: "https://ark.ap-southeast.bytepluses.com/api/v3",
    Host.VOLCENGINE: "https://ark.cn-beijing.volces.com/api/v3",
}
MODELS = {
    Host.BYTEPLUS: {
        "seedance-2.0": "dreamina-seedance-2-0-260128",
        "seedance-2.0-fast": "dreamina-seedance-2-0-fast-260128",
        "seedance-1.5-pro": "seedance-1-5-pro-251215",
    },
    Host.VOLCENGINE: {
        "seedance-2.0": "doubao-seedance-2-0-260128",
        "seedance-2.0-fast": "doubao-seedance-2-0-fast-260128",
        "seedance-1.5-pro": "doubao-seedance-1-5-pro-251215",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArkOptions:
    """`models`: our model's id to theirs, or to an endpoint id (`ep-...`)."""

    base_url: str
    key: str = field(repr=False)
    models: Mapping[str, str]
    carriage: Carriage
    service_tier: str
    patience: Patience
    max_result_bytes: int
    opened: tuple[Opened, ...] = ()

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> ArkOptions:
        """Raises NotReady that names the option and says what would be right."""
        table = OperatorTable(KIND, given)
        host = Host(table.choice("host", list(Host), Host.BYTEPLUS))
        options = cls(
            base_url=table.base_url("base_url", BASE_URLS[host]),
            key=table.text("key"),
            models=table.names("models", MODELS[host]),
            carriage=Carriage(table.choice("references_as", list(Carriage), Carriage.DATA)),
            service_tier=table.choice("service_tier", ["default", "flex"], "default"),
            patience=Patience(
                order_s=table.number("order_s", 120, least=0.1, most=3600),
                settle_s=table.number("settle_s", 30, least=0.1, most=600),
                poll_s=table.number("poll_s", 5, least=0.1, most=60),
                limit_s=table.number("time_limit_s", 3600, least=1, most=172_800),
            ),
            max_result_bytes=int(table.number("max_result_bytes", 500_000_000, least=1000, most=4e9)),
            opened=table.networks("open_networks"),
        )
        table.close()
        return options
