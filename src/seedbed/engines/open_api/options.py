"""What an operator says about another service of the documented contract: where it is, and how it is to be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seedbed.core.openings import Opened
from seedbed.core.operator_table import OperatorTable
from seedbed.outbound.errand import Patience

KIND = "open_api"
ROOT = "/api/open/v1"


class Carriage(StrEnum):
    """How references come to the server."""

    UPLOAD = "upload"  # each is uploaded there; only another Seedbed takes uploads
    URL = "url"  # by the public address that it came from
    DATA = "data"  # inside the request; only another Seedbed takes that


class Service(StrEnum):
    """What kind of server it is."""

    AUTO = "auto"  # it is asked
    SEEDBED = "seedbed"
    DOCUMENTED = "documented"  # the original service, or another that does what the documents say and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiOptions:
    """`models`: our model's id to theirs; what is not in it has the same. `carriage` None: as the service allows."""

    base_url: str
    key: str = field(repr=False)
    models: Mapping[str, str]
    carriage: Carriage | None
    service: Service
    patience: Patience
    max_result_bytes: int
    opened: tuple[Opened, ...] = ()

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> OpenApiOptions:
        """Raises NotReady that names the option and says what would be right."""
        table = OperatorTable(KIND, given)
        carriage = table.choice("references_as", ["auto", *Carriage], "auto")
        options = cls(
            base_url=table.base_url("base_url").removesuffix(ROOT),
            key=table.text("key"),
            models=table.names("models", {}),
            carriage=None if carriage == "auto" else Carriage(carriage),
            service=Service(table.choice("service", list(Service), Service.AUTO)),
            patience=Patience(
                order_s=table.number("order_s", 120, least=0.1, most=3600),
                poll_s=table.number("poll_s", 2, least=0.1, most=60),
                limit_s=table.number("time_limit_s", 3600, least=1, most=172_800),
            ),
            max_result_bytes=int(table.number("max_result_bytes", 500_000_000, least=1000, most=4e9)),
            opened=table.networks("open_networks"),
        )
        table.close()
        if options.service is Service.DOCUMENTED and options.carriage not in (None, Carriage.URL):
            raise table.fault("references_as", f"'{options.carriage}' works with another Seedbed alone; use url")
        return options

    def model_of(self, ours: str) -> str:
        """Return what the server calls the model."""
        return self.models.get(ours, ours)
