"""A request as the core understands it, and the one place that decides whether it is valid.

Every dialect builds a `Draft` (right types, unchecked values) and gets back either an accepted request with its
warnings or one `InvalidRequest` that names the field and what would be right. Nothing is rounded or filled in beyond
the documented defaults. Source: CONTRACT 1.2 and 1.3.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from seedbed.core.engine_options import judged_options
from seedbed.core.errors import InvalidRequest
from seedbed.core.models import (
    DEFAULT_DURATION_S,
    DEFAULT_RESOLUTION,
    NATIVE_ASPECT_RATIOS,
    Model,
    describe_durations,
)
from seedbed.core.offer import NATIVE, Offer
from seedbed.core.openings import Opened
from seedbed.core.pointers import dangling, find_pointers, prompted_roles
from seedbed.core.references import PLURALS, REFERENCE_ROLE, Kind, Reference, Role, assign_roles, guess_kind
from seedbed.core.samples import is_placeholder_webhook, sample_for, sample_warning, webhook_warning
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.core.urls import ASSET_SCHEME, DATA_SCHEME, UrlFault, check_url

E = TypeVar("E", bound=StrEnum)

MAX_PROMPT_CHARACTERS = 5000
MAX_METADATA_BYTES = 16 * 1024
MAX_SEED = 2**32 - 1
MAX_PRIORITY = 9
EXPIRES_AFTER_S = range(3600, 259_200 + 1)
DEFAULT_EXPIRES_AFTER_S = 172_800


@dataclass(frozen=True, slots=True)
class DraftReference:
    """`kind` is given where it is known, as of an upload; otherwise it follows from the role or the URL.

    `name` is the place where it stood, if that is not simply its number among the references: `content[2]`.
    """

    url: str
    role: str | None = None
    kind: Kind | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a dialect has read from the wire: the types are right, the values are not yet checked. None means absent."""

    model: str
    prompt: str
    references: Sequence[DraftReference] | None = None
    aspect_ratio: str | None = None
    duration_s: int | None = None
    resolution: str | None = None
    seed: int | None = None
    wants_audio: bool | None = None
    wants_last_frame: bool | None = None
    priority: int | None = None
    expires_after_s: int | None = None
    webhook_url: str | None = None
    metadata: dict[str, Any] | None = None
    engine_options: dict[str, Any] | None = None
    wants_watermark: bool = False
    has_fixed_camera: bool = False
    is_flexible: bool = False  # may wait until nobody else does, at a lower price
    echo: dict[str, str] | None = None
    references_field: str | None = None  # what this request called them, if not as its dialect usually does

    def name_of(self, position: int, *, offer: Offer) -> str:
        """Return what the sender calls a reference, for messages: `mediaUrls[0]`."""
        given = (self.references or ())[position]
        return given.name or f"{self.references_field or offer.names.references}[{position}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """An accepted request: every value is in range, every reference has its role."""

    model: str
    prompt: str
    references: tuple[Reference, ...] = ()
    aspect_ratio: AspectRatio | None = None  # None: the nearest to the first picture, once the worker has seen it
    duration_s: int = DEFAULT_DURATION_S
    resolution: Resolution = DEFAULT_RESOLUTION
    seed: int
    wants_audio: bool = True
    wants_last_frame: bool = False
    priority: int = 0
    expires_after_s: int = DEFAULT_EXPIRES_AFTER_S
    webhook_url: str | None = None
    metadata: dict[str, Any] | None = None
    aspect_ratios: tuple[AspectRatio, ...] = NATIVE_ASPECT_RATIOS  # to choose from once the picture is seen
    fits_videos: bool = False  # the ratio is that of a video, if there is one, before that of a picture
    wants_watermark: bool = False  # a visible mark in the picture
    has_fixed_camera: bool = False  # whatever the prompt says
    is_flexible: bool = False  # served after everybody else, at half the price
    engine_options: dict[str, Any] | None = None  # judged, with the model's defaults; None: it has no options
    echo: dict[str, str] | None = None  # what only its own dialect's view shows, such as the model's id there

    @property
    def has_media(self) -> bool:
        return bool(self.references)


@dataclass(frozen=True, slots=True)
class Accepted:
    request: GenerationRequest
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Rules:
    """What this deployment allows beyond the contract."""

    opened: tuple[Opened, ...] = ()  # networks that may be fetched from although they are not public
    has_samples: bool = False  # RFC 2606 host names stand for the shipped photographs


def accept(draft: Draft, *, rules: Rules, chosen_seed: int, offer: Offer = NATIVE) -> Accepted:
    """Return the request with its defaults filled in. `chosen_seed` is used where the caller gave none.

    Raises InvalidRequest for the first thing that is wrong, in the words of the offer's dialect.
    """
    names = offer.names
    model = offer.model(draft.model)
    prompt = _prompt(draft, offer)
    references, warnings = _references(draft, prompt, rules, offer)
    _check_model_takes(references, model, draft, offer)
    webhook_url = _webhook_url(draft.webhook_url, rules, param=names.webhook_url)
    if webhook_url and rules.has_samples and is_placeholder_webhook(webhook_url):
        webhook_url, warnings = None, (*warnings, webhook_warning())
    sized_by = {Kind.IMAGE, Kind.VIDEO} if offer.fits_videos else {Kind.IMAGE}
    has_picture = any(r.role.kind in sized_by for r in references)
    ratio = _choice(draft.aspect_ratio, AspectRatio, param=names.aspect_ratio, among=model.aspect_ratios)
    request = GenerationRequest(
        model=model.id,
        prompt=prompt,
        references=references,
        aspect_ratio=ratio or (None if has_picture else model.default_aspect_ratio),
        aspect_ratios=model.aspect_ratios,
        fits_videos=offer.fits_videos,
        duration_s=_duration(draft, model, param=names.duration),
        resolution=_choice(draft.resolution, Resolution, param=names.resolution, among=model.resolutions)
        or model.default_resolution,
        seed=_whole(draft.seed, range(MAX_SEED + 1), param=names.seed, default=chosen_seed),
        wants_audio=draft.wants_audio if draft.wants_audio is not None else True,
        wants_last_frame=bool(draft.wants_last_frame),
        priority=_whole(draft.priority, range(MAX_PRIORITY + 1), param=names.priority, default=0),
        expires_after_s=_whole(
            draft.expires_after_s, EXPIRES_AFTER_S, param=names.expires_after, default=DEFAULT_EXPIRES_AFTER_S
        ),
        webhook_url=webhook_url,
        metadata=_metadata(draft.metadata, param=names.metadata),
        wants_watermark=draft.wants_watermark,
        has_fixed_camera=draft.has_fixed_camera,
        is_flexible=draft.is_flexible,
        engine_options=judged_options(
            draft.engine_options, model.options, model=draft.model, param=names.engine_options
        )
        or None,
        echo=draft.echo,
    )
    return Accepted(request, warnings)


def check_text(text: str, *, param: str) -> str:
    """Return the text. Raises InvalidRequest for what no database and no UTF-8 can hold."""
    if "\x00" in text:
        raise InvalidRequest(f"{param} holds a NUL character; remove it.", param=param)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest(f"{param} holds half of a surrogate pair, which is not valid Unicode.", param=param)
    return text


def _prompt(draft: Draft, offer: Offer) -> str:
    name = offer.names.prompt
    prompt = check_text(draft.prompt, param=name).strip()
    least = 1 if offer.needs_prompt or not draft.references else 0
    if not least <= len(prompt) <= MAX_PROMPT_CHARACTERS:
        raise InvalidRequest(
            f"{name} must have {least} to {MAX_PROMPT_CHARACTERS} characters after trimming; it has {len(prompt)}.",
            param=name,
        )
    return prompt


def _references(draft: Draft, prompt: str, rules: Rules, offer: Offer) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    given, names = _given(draft, offer)
    warnings = [w for r, name in zip(given, names, strict=True) if (w := _check_reference(r.url, name, rules))]
    said = [_choice(r.role, Role, param=f"{name}.role") for r, name in zip(given, names, strict=True)]
    kinds = [role.kind if role else r.kind or guess_kind(r.url) for r, role in zip(given, said, strict=True)]
    _check_counts(kinds, draft, offer)
    pointers = find_pointers(prompt)
    warnings += [
        f"the prompt points at {p}, but only {kinds.count(p.kind)} reference(s) of that kind were sent"
        for p in dangling(pointers, kinds)
    ]
    roles = said if any(said) else _implied_roles(kinds, prompted_roles(pointers, kinds))
    settled = [role or REFERENCE_ROLE[kind] for role, kind in zip(roles, kinds, strict=True)]
    _check_single(settled, draft.references_field or offer.names.references)
    references = (Reference(r.url, role, name) for r, role, name in zip(given, settled, names, strict=True))
    return tuple(references), tuple(warnings)


def _given(draft: Draft, offer: Offer) -> tuple[Sequence[DraftReference], list[str]]:
    """Return the references and their names."""
    given = draft.references
    if given is not None and not 1 <= len(given) <= offer.max_references:
        field_name = draft.references_field or offer.names.references
        hint = "leave it out for text to video" if not given else f"it has {len(given)}"
        raise InvalidRequest(f"{field_name} must hold 1 to {offer.max_references} URLs; {hint}.", param=field_name)
    return given or (), [draft.name_of(i, offer=offer) for i in range(len(given or ()))]


def _check_counts(kinds: Sequence[Kind], draft: Draft, offer: Offer) -> None:
    field_name = draft.references_field or offer.names.references
    for kind, most in offer.max_of_kind.items():
        if kinds.count(kind) > most:
            raise InvalidRequest(
                f"{field_name} may hold {most} {PLURALS[kind]}; it has {kinds.count(kind)}.", param=field_name
            )


def _check_model_takes(references: Sequence[Reference], model: Model, draft: Draft, offer: Offer) -> None:
    """Refuse references that this model has no use for. (The documented ones take all that the contract has.)"""
    field_name = draft.references_field or offer.names.references
    if model.max_references is not None and len(references) > model.max_references:
        raise InvalidRequest(
            f"{draft.model} takes at most {model.max_references} references; {field_name} holds {len(references)}.",
            param=field_name,
        )
    for reference in references:
        if reference.role not in model.roles:
            takes = f"it takes {', '.join(model.roles)}" if model.roles else "it takes no references"
            raise InvalidRequest(f"{draft.model} takes no {reference.role}; {takes}.", param=field_name)


def _implied_roles(kinds: Sequence[Kind], prompted: dict[int, Role]) -> list[Role | None]:
    """Return roles by count and kind, unless the prompt speaks of first or last frames: then it alone decides."""
    frames = {p: r for p, r in prompted.items() if r is not Role.REFERENCE_IMAGE}
    if not frames:
        return [prompted.get(i, role) for i, role in enumerate(assign_roles(kinds))]
    roles: list[Role | None] = [prompted.get(i) for i in range(len(kinds))]
    if list(kinds) == [Kind.IMAGE, Kind.IMAGE] and len(prompted) == 1:
        ((position, role),) = frames.items()
        roles[1 - position] = Role.LAST_FRAME if role is Role.FIRST_FRAME else Role.FIRST_FRAME
    return roles


def _check_single(roles: Sequence[Role], field_name: str) -> None:
    for role in (Role.FIRST_FRAME, Role.LAST_FRAME):
        if roles.count(role) > 1:
            raise InvalidRequest(
                f"{field_name} holds {roles.count(role)} references with the role {role}; one is possible.",
                param=field_name,
            )


def _check_reference(url: str, param: str, rules: Rules) -> str | None:
    """Return a warning if a sample picture stands for the URL."""
    check_text(url, param=param)
    if url.startswith((ASSET_SCHEME, DATA_SCHEME)):
        return None
    photo = sample_for(url) if rules.has_samples and guess_kind(url) is Kind.IMAGE else None
    if photo:
        return sample_warning(param, photo)
    try:
        check_url(url, opened=rules.opened)
    except UrlFault as fault:
        raise InvalidRequest(f"{param}: {fault}", param=param) from fault
    return None


def _webhook_url(url: str | None, rules: Rules, *, param: str) -> str | None:
    if url is None:
        return None
    check_text(url, param=param)
    try:
        check_url(url, opened=rules.opened)
    except UrlFault as fault:
        raise InvalidRequest(f"{param}: {fault}", param=param) from fault
    return url


def _duration(draft: Draft, model: Model, *, param: str) -> int:
    duration_s = model.default_duration_s if draft.duration_s is None else draft.duration_s
    if duration_s not in model.durations_s:
        raise InvalidRequest(
            f"{param} must be {describe_durations(model)} seconds for {draft.model}; got {duration_s}.", param=param
        )
    return duration_s


def _metadata(metadata: dict[str, Any] | None, *, param: str) -> dict[str, Any] | None:
    if metadata is None:
        return None
    text = check_text(json.dumps(metadata, ensure_ascii=False), param=param)
    if "\\u0000" in text:
        raise InvalidRequest(f"{param} holds a NUL character; remove it.", param=param)
    size_bytes = len(text.encode())
    if size_bytes > MAX_METADATA_BYTES:
        raise InvalidRequest(
            f"{param} must be at most {MAX_METADATA_BYTES} bytes as JSON; it has {size_bytes}.", param=param
        )
    return metadata


def _choice(text: str | None, kind: type[E], *, param: str, among: Collection[E] | None = None) -> E | None:
    if text is None:
        return None
    offered = list(kind) if among is None else among
    if text not in offered:
        raise InvalidRequest(f"{param} must be one of {', '.join(offered)}; got '{text[:80]}'.", param=param)
    return kind(text)


def _whole(number: int | None, allowed: range, *, param: str, default: int) -> int:
    if number is None:
        return default
    if number not in allowed:
        raise InvalidRequest(f"{param} must be {allowed[0]} to {allowed[-1]}; got {number}.", param=param)
    return number
