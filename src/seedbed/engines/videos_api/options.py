"""What the operator's table `[engines.NAME]` of kind `videos_api` says, judged once, when the engine is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.frame_rule import FrameRule
from seedbed.core.openings import Opened
from seedbed.core.operator_table import OperatorTable
from seedbed.core.prompt_forms import FORMS, PLAIN_FORM, Form
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.engines.videos_api.flavours import FLAVOURS, Flavour, Way
from seedbed.outbound.errand import Patience

KIND = "videos_api"
MAX_TIME_LIMIT_S = 7 * 86_400
PROMPT_FORMS: dict[str, Form | None] = {"as_it_is": None, "plain": PLAIN_FORM, **FORMS}
_SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One server, and what is asked of it. Each stands in the class `VideosApi` under the same name."""

    base_url: str  # without /v1
    flavour: Flavour
    key: str = field(repr=False)  # empty: none is needed
    model: str | None  # the server's name of it; `models` are those for ids of ours
    models: Mapping[str, str]
    sizes: tuple[Size, ...]  # empty: any
    seconds: tuple[int, ...]  # ascending; empty: any
    fps: int | None
    frames: FrameRule
    roles: frozenset[Role]
    references_as: Way
    makes_audio: bool
    form: Form | None  # None: the prompt goes as it is
    bills: bool
    loras: Mapping[str, str]
    extra: Mapping[str, Any]
    description: str
    patience: Patience
    max_result_bytes: int
    opened: tuple[Opened, ...] = ()

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> Options:
        """Raises NotReady that names the option and says what would be right."""
        table = OperatorTable(KIND, given)
        base_url = table.base_url("base_url").removesuffix("/v1").rstrip("/")
        flavour = FLAVOURS[table.choice("flavour", list(FLAVOURS), "")]
        has_models = isinstance(given.get("model"), Mapping)
        options = cls(
            base_url=base_url,
            flavour=flavour,
            key=table.text_if_given("key") or "",
            model=None if has_models else table.text_if_given("model"),
            models=table.names("model", {}) if has_models else {},
            sizes=_sizes(table),
            seconds=_seconds(table),
            fps=table.whole_if_given("fps", least=1, most=120),
            frames=table.frame_rule("frames"),
            roles=_roles(table, flavour),
            references_as=Way(table.choice("references_as", flavour.ways, flavour.ways[0])),
            makes_audio=table.flag("makes_audio", flavour.makes_audio),
            form=PROMPT_FORMS[table.choice("prompt_form", list(PROMPT_FORMS), flavour.prompt_form)],
            bills=table.flag("bills", flavour.bills),
            loras=table.names("loras", {}),
            extra=table.table("extra"),
            description=table.text("description", "A model that another server runs."),
            patience=Patience(
                order_s=table.number("order_s", 60, least=0.1, most=3600),
                settle_s=table.number("settle_s", 30, least=0.1, most=600),
                poll_s=table.number("poll_s", 2, least=0.1, most=60),
                limit_s=table.number("time_limit_s", 3600, least=1, most=MAX_TIME_LIMIT_S),
            ),
            max_result_bytes=table.whole("max_result_bytes", 500_000_000, least=1, most=2**40),
            opened=table.networks("open_networks"),
        )
        table.close()
        return options

    def model_for(self, public_id: str) -> str | None:
        """Return the server's own name for the model; None leaves it to the server, which has only one."""
        return self.models.get(public_id, self.model) or (public_id if self.flavour.needs_model else None)


def _sizes(table: OperatorTable) -> tuple[Size, ...]:
    found = [_SIZE.fullmatch(entry) if isinstance(entry, str) else None for entry in table.listed("sizes")]
    if None in found:
        raise table.fault("sizes", 'must be a list of sizes such as "1280x720"')
    return tuple(Size(int(size[1]), int(size[2])) for size in found if size)


def _seconds(table: OperatorTable) -> tuple[int, ...]:
    found = table.listed("seconds")
    if not all(isinstance(entry, int) and not isinstance(entry, bool) and 1 <= entry <= 3600 for entry in found):
        raise table.fault("seconds", "must be a list of the lengths that the server makes, such as [4, 8, 12]")
    return tuple(sorted(found))


def _roles(table: OperatorTable, flavour: Flavour) -> frozenset[Role]:
    """An empty list says that the model has use of none; without a list it has use of all that its API can carry."""
    if not table.is_given("roles"):
        return flavour.roles
    return frozenset(map(Role, table.names_among("roles", [role for role in Role if role in flavour.roles])))
