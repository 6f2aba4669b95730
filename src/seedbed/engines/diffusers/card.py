"""A model card: what must be known of one model to run it, in one flat TOML file.

Cards of the models that we know come with the engine (`cards/*.toml`); an operator may write others, and may override
any line of a card in the engine's own table. A card says what the model is, and which of the library's switches suit
it; it holds no code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.frame_rule import FrameRule, parse_frame_rule
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.card_fields import Fields
from seedbed.engines.diffusers.switches import Switches, read_switches

DTYPES = ("bfloat16", "float16", "float32")
_SIZE = re.compile(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Card:
    """One model. Either `folder` or `repository` is where its weights are; `revision` is a commit, tag or branch.

    `memory_gb` is what it needs on the GPU (10^9 bytes) with the card's own switches, None if that is not known.
    `sizes` are those it was trained for. `family_options` are for the family's adapter alone, which checks them.
    """

    name: str
    family: str
    title: str
    licence: str
    repository: str | None
    revision: str
    folder: str | None
    is_gated: bool
    memory_gb: float | None
    dtype: str
    fps: int
    frame_rule: FrameRule
    multiple_px: int
    sizes: tuple[Size, ...]
    max_duration_s: int
    roles: frozenset[Role]
    max_of_kind: Mapping[Kind, int]
    makes_audio: bool
    steps: int
    guidance: float | None
    negative_prompt: str | None
    switches: Switches
    family_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """What it is called in messages and in what was sent: the folder, or the repository at its revision."""
        return self.folder or f"{self.repository}@{self.revision}"

    def size_for(self, canvas: Size) -> Size:
        """Return the card's size that crops the canvas least; among equals, the one nearest to its number of pixels."""

        def distance(size: Size) -> tuple[float, float]:
            ratio = math.log(size.width_px / size.height_px) - math.log(canvas.width_px / canvas.height_px)
            area = math.log(size.width_px * size.height_px) - math.log(canvas.width_px * canvas.height_px)
            # The sizes of one shape differ a little, because each is a multiple of something.
            return round(abs(ratio) / 0.05), abs(area)

        return min(self.sizes, key=distance)


def read_card(name: str, table: Mapping[str, Any], *, where: str) -> Card:
    """Read a card's lines. Raises NotReady, which names the line and says what would be right."""
    fields = Fields(table, where=where)
    multiple_px = fields.whole("multiple_px", 16, least=2, most=256)
    card = Card(
        name=name,
        family=fields.needed("family"),
        title=fields.text("title", name) or name,
        licence=fields.needed("licence"),
        repository=fields.text("repository"),
        revision=fields.text("revision", "main") or "main",
        folder=fields.text("folder"),
        is_gated=fields.flag("is_gated", default=False),
        memory_gb=fields.number("memory_gb"),
        dtype=fields.choice("dtype", DTYPES, "bfloat16"),
        fps=fields.whole("fps", least=1, most=120),
        frame_rule=_frame_rule(fields),
        multiple_px=multiple_px,
        sizes=_sizes(fields, multiple_px),
        max_duration_s=fields.whole("max_duration_s", least=1, most=3600),
        roles=_roles(fields),
        max_of_kind=_max_of_kind(fields),
        makes_audio=fields.flag("makes_audio", default=False),
        steps=fields.whole("steps", least=1, most=1000),
        guidance=fields.number("guidance", most=100),
        negative_prompt=fields.text("negative_prompt"),
        switches=read_switches(fields),
        family_options=fields.table("family_options"),
    )
    if not card.folder and not card.repository:
        fields.refuse("folder", "or repository must say where the model's weights are")
    fields.end()
    return card


def _frame_rule(fields: Fields) -> FrameRule:
    try:
        return parse_frame_rule(fields.needed("frames"))
    except ValueError as exc:
        fields.refuse("frames", str(exc))


def _sizes(fields: Fields, multiple_px: int) -> tuple[Size, ...]:
    sizes = []
    for text in fields.texts("sizes"):
        match = _SIZE.fullmatch(text)
        if not match or int(match[1]) % multiple_px or int(match[2]) % multiple_px:
            fields.refuse("sizes", f"must be like 1280x704, in multiples of {multiple_px} pixels, not {text}")
        sizes.append(Size(int(match[1]), int(match[2])))
    return tuple(sizes) or fields.refuse("sizes", "is missing: a list of what the model can make, like 1280x704")


def _roles(fields: Fields) -> frozenset[Role]:
    names = fields.texts("roles")
    if wrong := set(names) - set(Role):
        fields.refuse("roles", f"must be among {', '.join(Role)}, not {', '.join(sorted(wrong))}")
    return frozenset(Role(name) for name in names)


def _max_of_kind(fields: Fields) -> dict[Kind, int]:
    table = fields.table("max_of_kind")
    limits = Fields(table, where="max_of_kind")
    known = {kind: limits.whole(kind, most=100) for kind in Kind if kind in table}
    if set(table) - set(Kind):
        fields.refuse("max_of_kind", f"has only {', '.join(Kind)}")
    return known
