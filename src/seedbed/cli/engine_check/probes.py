"""The questions about what an engine makes. Each answers for its own group, and needs no other to have been asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from seedbed.cli.engine_check.bench import LONGEST_S, SHORTEST_S, Bench, Outcome
from seedbed.cli.engine_check.findings import Finding, Group, Said
from seedbed.cli.engine_check.footage import SAME_BELOW, corner_difference, difference
from seedbed.cli.engine_check.material import kind_of, references
from seedbed.core.engine import Capabilities
from seedbed.core.faults import MediaFault
from seedbed.core.limits import MediaLimits
from seedbed.core.references import Kind, Role
from seedbed.media.inspect import SILENT_BELOW
from seedbed.media.sandbox import probe_in_child

MAX_GAP_S = 1.0
WISHED_GAP_S = 0.1
MARK_LEVELS = 16  # a visible mark changes some pixel at least so much
MAX_REFERENCES = 12

Findings = AsyncIterator[Finding]


def described_wrongly(capabilities: Capabilities) -> str:
    """Return what in a description contradicts itself, or nothing."""
    none_of = [role for role in capabilities.roles if capabilities.max_of_kind.get(kind_of(role)) == 0]
    if none_of:
        return f"it names the role {min(none_of)}, but takes 0 of that kind"
    if not capabilities.name or not capabilities.description:
        return "it has no name or no description"
    if "://" not in capabilities.digital_source_type:
        return f"digital_source_type must be an IPTC term (a URL), not '{capabilities.digital_source_type}'"
    if capabilities.max_duration_s is not None and capabilities.max_duration_s < 1:
        return f"max_duration_s is {capabilities.max_duration_s}"
    return ""


async def video(bench: Bench) -> Findings:
    said, first = Said(Group.VIDEO), await bench.first()
    if first.done is None:
        yield said.broken("makes a video", first.fault)
        return
    try:
        probe = await probe_in_child(first.path, limits=MediaLimits())
    except MediaFault as broken:
        yield said.broken("makes a video", f"its file cannot be used: {broken.reason}")
        return
    canvas = bench.task().canvas
    is_right = (first.done.frames, probe.size) == (canvas.frames, canvas.size)
    fault = "" if is_right else f"the conformed file has {first.done.frames} frames of {probe.size}"
    yield said.judged(
        "makes a video", fault, f"{canvas.size}, {first.done.frames} frames, {first.done.size_bytes} bytes"
    )
    short = [warning for warning in first.done.warnings if "frames short" in warning]
    yield said.judged("makes it as long as was asked", short[0] if short else "")


async def progress(bench: Bench) -> Findings:
    said, first = Said(Group.PROGRESS), await bench.first()
    told = first.told
    if told is None:
        yield said.broken("reports every second", first.fault or "its process ended")
        return
    fault = ""
    if not told.marks:
        fault = "it never called report, so that nobody can stop it or see how far it is"
    elif told.longest_gap_s > MAX_GAP_S:
        fault = f"it was silent for {told.longest_gap_s:.1f} s; a Stop reaches it only when it reports"
    wish = "" if told.longest_gap_s <= WISHED_GAP_S else f" (every {WISHED_GAP_S:g} s would be better)"
    says = f"{len(told.marks)} reports, {told.longest_gap_s:.2f} s apart at most{wish}"
    yield said.judged("reports every second", fault, says)
    yield said.judged("reports in order, from the thread of make", "; ".join(told.faults))


async def sound(bench: Bench) -> Findings:
    assert bench.capabilities is not None
    makes_audio = bench.capabilities.makes_audio
    fact = f"has {'' if makes_audio else 'no '}sound where it is wanted"
    yield _judge_sound(fact, await bench.first(), makes_audio=makes_audio, should=makes_audio)
    silent = await bench.make(bench.task(wants_audio=False))
    yield _judge_sound("has none where none is wanted", silent, makes_audio=makes_audio, should=False)


def _judge_sound(fact: str, outcome: Outcome, *, makes_audio: bool, should: bool) -> Finding:
    said = Said(Group.SOUND)
    if outcome.done is None or outcome.told is None:
        return said.broken(fact, outcome.fault)
    loudest = outcome.told.loudest or 0.0
    if (loudest > SILENT_BELOW) == should:
        return said.kept(fact, f"loudest sample {loudest:.3f}")
    return said.broken(fact, f"makes_audio is {makes_audio}, but its file is {'silent' if should else 'not silent'}")


async def folder(bench: Bench) -> Findings:
    first = await bench.first()
    strays = first.told.strays if first.told else ()
    fault = first.fault if first.told is None else ""
    if strays:
        fault = f"it wrote {strays[0]}" + (f" and {len(strays) - 1} more" if len(strays) > 1 else "")
    yield Said(Group.FOLDER).judged("writes nothing outside its folder", fault)


async def seed(bench: Bench) -> Findings:
    assert bench.capabilities is not None
    said, first = Said(Group.SEED), await bench.first()
    again, other = await bench.make(bench.task()), await bench.make(bench.task(seed=2))
    fault = first.fault or again.fault or other.fault
    if fault:
        yield said.broken("repeats by its seed", fault)
        return
    if bench.capabilities.repeats_by_seed:
        apart = difference(first.path, again.path)
        fault = f"the same seed gave frames that are {apart:.1f} levels apart" if apart > SAME_BELOW else ""
        yield said.judged("repeats by its seed", fault)
    else:
        yield said.untried("repeats by its seed", "it says that it does not")
    apart = difference(first.path, other.path)
    fault = "" if apart > SAME_BELOW else "another seed gave the same frames"
    yield said.judged("makes something else of another seed", fault, f"{apart:.1f} levels apart")


async def watermark(bench: Bench) -> Findings:
    assert bench.capabilities is not None
    said, fact = Said(Group.WATERMARK), "draws the visible mark"
    if not bench.capabilities.draws_watermark:
        yield said.untried(fact, "it leaves that to be drawn into the finished clip")
        return
    if not bench.capabilities.repeats_by_seed:
        yield said.untried(fact, "its clips differ anyway")
        return
    first, marked = await bench.first(), await bench.make(bench.task(wants_watermark=True))
    fault = first.fault or marked.fault
    if not fault and corner_difference(first.path, marked.path) < MARK_LEVELS:
        fault = "draws_watermark is true, but nothing changes in the corner at the lower right"
    yield said.judged(fact, fault)


async def taken(bench: Bench) -> Findings:
    assert bench.capabilities is not None
    said, roles = Said(Group.REFERENCES), bench.capabilities.roles
    if not roles:
        yield said.untried("takes references", "it names no role")
    for role in (role for role in Role if role in roles):
        outcome = await _with_references(bench, _company(role, roles))
        yield said.judged(f"takes a {role}", outcome.fault, _warned(outcome))
    for kind, count in sorted(bench.capabilities.max_of_kind.items()):
        many = _many(kind, count, roles)
        if len(many) > 1:
            outcome = await _with_references(bench, many)
            yield said.judged(f"takes {len(many)} of the kind {kind}", outcome.fault, _warned(outcome))


async def longest(bench: Bench) -> Findings:
    assert bench.capabilities is not None
    said = Said(Group.LONGEST)
    most_s = min(bench.capabilities.max_duration_s or LONGEST_S, LONGEST_S)
    if most_s <= SHORTEST_S:
        yield said.untried("makes its longest clip", f"{most_s} s is what all the others last")
        return
    outcome = await bench.make(bench.task(duration_s=most_s))
    short = [warning for warning in (outcome.done.warnings if outcome.done else ()) if "frames short" in warning]
    yield said.judged(f"makes {most_s} s", outcome.fault or "".join(short))


def _company(role: Role, roles: frozenset[Role]) -> list[Role]:
    """Return the role, with what it commonly comes with: a last frame with a first, a sound with a picture."""
    companions = {Role.LAST_FRAME: Role.FIRST_FRAME, Role.REFERENCE_AUDIO: Role.REFERENCE_IMAGE}
    companion = companions.get(role)
    return [companion, role] if companion in roles and companion is not None else [role]


def _many(kind: Kind, count: int, roles: frozenset[Role]) -> list[Role]:
    by_kind = {Kind.IMAGE: Role.REFERENCE_IMAGE, Kind.VIDEO: Role.REFERENCE_VIDEO, Kind.AUDIO: Role.REFERENCE_AUDIO}
    role = by_kind[kind]
    if role not in roles:
        return []
    company = [Role.REFERENCE_IMAGE] if kind is Kind.AUDIO and Role.REFERENCE_IMAGE in roles else []
    return company + [role] * min(count, MAX_REFERENCES)


async def _with_references(bench: Bench, roles: list[Role]) -> Outcome:
    return await bench.make(replace(bench.task(), references=references(bench.folder, roles)))


def _warned(outcome: Outcome) -> str:
    return "; ".join(outcome.done.warnings) if outcome.done else ""
