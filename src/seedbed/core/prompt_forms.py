"""Says a prompt in the form that a family of models was trained on: its pointers, and what it is told to avoid.

A pointer (`@Image1`, `[图1]`, `이미지1`) counts the references as they were sent; a model counts those that it gets, in
the order in which it gets them. A pointer to one that it cannot see is taken out, for the model would draw the words.
One to a reference that nobody sent stays as it is, since it may be no pointer at all. All other text is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from seedbed.core.enhancing import Enhance, enhanced
from seedbed.core.pointers import Place, Pointer, dangling, locate_pointers
from seedbed.core.references import Kind


@dataclass(frozen=True, slots=True)
class Form:
    """How a family writes a pointer (`{}` is the number), by kind, and what it avoids where nobody says otherwise."""

    pointers: MappingProxyType[Kind, str]
    negative_prompt: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a model is told. `warnings` are for the job's owner."""

    prompt: str
    negative_prompt: str
    warnings: tuple[str, ...] = ()


_PLAIN = MappingProxyType({Kind.IMAGE: "image {}", Kind.VIDEO: "video {}", Kind.AUDIO: "audio {}"})
_ANGLED = MappingProxyType({Kind.IMAGE: "<Picture {}>", Kind.VIDEO: "<Video {}>", Kind.AUDIO: "<Audio {}>"})

FORMS = {
    # Source: MiniMax-H3's prompt guide. It is distilled from its guidance and takes no negative prompt.
    "minimax_h3": Form(_ANGLED),
    # Source of the negative prompt: the examples of LTX-Video and LTX-2 in Diffusers' documentation.
    "ltx2": Form(_PLAIN, "worst quality, inconsistent motion, blurry, jittery, distorted"),
    # Source of the negative prompt: `sample_neg_prompt` of Wan 2.1 and 2.2, wan/configs/shared_config.py. Its wide
    # commas are part of it: narrow ones are other tokens.
    "wan": Form(
        _PLAIN,
        "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"
        "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，"
        "手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走",
    ),
}
PLAIN_FORM = Form(_PLAIN)


def prepared(
    prompt: str,
    *,
    form: Form,
    kinds: Sequence[Kind],
    seen: Sequence[int] | None = None,
    negative_prompt: str | None = None,
    enhance: Enhance | None = None,
) -> Prepared:
    """Return the prompt as the model is to be told it.

    `kinds`: of all references, as they were sent. `seen`: the 0-based places among them of those that the model gets,
    in its order; None means all of them. `negative_prompt`: the request's own, which replaces the family's, even if
    empty. `enhance` rewrites what it is given in the model's form; if it fails, the prompt stays, with a warning.
    """
    numbers = _numbers(kinds, range(len(kinds)) if seen is None else seen)
    places = locate_pointers(prompt)
    pointed = tuple(dict.fromkeys(_target(place) for place in places))
    absent = dangling(pointed, kinds)
    unseen = [pointer for pointer in pointed if pointer not in absent and pointer not in numbers]
    words = {pointer: form.pointers[pointer.kind].format(number) for pointer, number in numbers.items()}
    written = _rewritten(prompt, places, words | dict.fromkeys(unseen, ""))
    # In the words of the warning that submitting the request gave, so that nobody reads it twice.
    warnings = [
        f"the prompt points at {p}, but only {list(kinds).count(p.kind)} reference(s) of that kind were sent"
        for p in absent
    ]
    warnings += [f"the prompt points at {pointer}, which this model does not see" for pointer in unseen]
    if enhance is not None:
        written, failure = enhanced(written, enhance)
        warnings += [failure] if failure else []
    avoided = form.negative_prompt if negative_prompt is None else negative_prompt
    return Prepared(written, avoided, tuple(warnings))


def _numbers(kinds: Sequence[Kind], seen: Iterable[int]) -> dict[Pointer, int]:
    """Return the model's number for each pointer to a reference that it gets. Both count from 1 within a kind."""
    numbers: dict[Pointer, int] = {}
    counted = dict.fromkeys(Kind, 0)
    for position in seen:
        kind = kinds[position]
        counted[kind] += 1
        numbers[Pointer(kind, list(kinds[: position + 1]).count(kind), None)] = counted[kind]
    return numbers


def _target(place: Place) -> Pointer:
    """Return what is pointed at, whatever it is said to be for."""
    return replace(place.pointer, role=None)


def _rewritten(prompt: str, places: Sequence[Place], words: Mapping[Pointer, str]) -> str:
    """Return the prompt with other words for these pointers. One that goes takes one of the spaces around it along.

    A prompt of which nothing would be left stays as it is: a model needs some words.
    """
    parts, at = [], 0
    for place in places:
        said = words.get(_target(place))
        if said is None:
            continue
        before, end = prompt[at : place.start], place.end
        if not said and (not before or before[-1].isspace()) and prompt[end : end + 1].isspace():
            end += 1
        parts += [before, said]
        at = end
    written = "".join([*parts, prompt[at:]])
    return written if written.strip() else prompt
