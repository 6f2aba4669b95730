"""From a task to a film: the pictures are looked at, the shot is planned, the stage is set.

This is the engine without threads, reports and files, so that tests can ask for single frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seedbed.core.engine import RenderTask
from seedbed.core.shotplan.plan import MoveCue, Shot, ShotPlan
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.vocabulary import Move, Scenery
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import Path, ending_at_rest, plan_path
from seedbed.engines.animatic.caption import make_caption
from seedbed.engines.animatic.depth import Depth, Scene
from seedbed.engines.animatic.effects import build
from seedbed.engines.animatic.film import Anchor, Film, drawer_of
from seedbed.engines.animatic.framing import crop_of
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.passage import Morph, dissolve, dissolve_of, measure_flow
from seedbed.engines.animatic.planes import Bytes
from seedbed.engines.animatic.shots import Take, framed, frames_of, framings_of, reel
from seedbed.engines.animatic.slate import Slate, draw_slate
from seedbed.engines.animatic.sound.accents import Rhythm, rhythm_of
from seedbed.engines.animatic.sound.track import SoundTrack, compose, hear
from seedbed.engines.animatic.sources import Sources, choose_sources
from seedbed.engines.animatic.stage import Look, depth_of, fitted, flat_view, look_at, parallax_of, set_stage
from seedbed.engines.animatic.style import transfer
from seedbed.engines.animatic.subject import SubjectFinder, describe
from seedbed.engines.animatic.warp import Stage


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see. `kind`: "picture", "morph", "dissolve", "cuts" (of two pictures) or "slate"."""

    film: Film
    plan: ShotPlan
    kind: str


@dataclass(frozen=True, slots=True)
class Production:
    """What there is to see and to hear."""

    film: Film
    plan: ShotPlan
    kind: str
    sound: SoundTrack
    warnings: tuple[str, ...]


def prepare(task: RenderTask, network: Callable[[], SubjectFinder]) -> Production:
    """Do everything that comes before the first frame. Raises MediaFailure if a reference cannot be decoded."""
    sources = choose_sources(task)
    heard = hear(sources.sound, task.canvas)
    rhythm = rhythm_of(heard.beats if heard else None, task.canvas)

    def seen(picture: Bytes) -> Look:
        look = look_at(picture, task.canvas.size, network())
        return replace(look, picture=transfer(look.picture, sources.style, seed=task.seed))

    match (sources.first, sources.last):
        case (None, None):
            made = _slate(task, rhythm)
        case (None, last) if last is not None:
            made = _one_picture(task, seen(last), rhythm, at_end=True)
        case (first, None) if first is not None:
            made = _one_picture(task, seen(first), rhythm, at_end=False)
        case (first, last):
            assert first is not None
            assert last is not None
            made = _two_pictures(task, seen(first), seen(last), rhythm)
    sound = compose(heard, made.plan, task.canvas, seed=task.seed, wants_audio=task.wants_audio)
    film = replace(made.film, effects=[*made.film.effects, *rhythm.light()])
    return Production(film, made.plan, made.kind, sound, sources.warnings + _not_used(sources) + sound.warnings)


def _not_used(sources: Sources) -> tuple[str, ...]:
    lost = {"does not take over the motion of a reference video in this edition": sources.footage}
    return tuple(f"{reference.name}: animatic {what}" for what, reference in lost.items() if reference)


def _shoot(
    task: RenderTask, shots: Sequence[Shot], looks: Sequence[Look], depths: Sequence[Depth], *, at_end: bool
) -> list[Take]:
    """Set a stage for every shot, a look and a depth for each. `at_end`: the last frame is the promised one."""
    canvas, takes = task.canvas, []
    spans = frames_of(shots, canvas.frames)
    for shot, span, look, depth in zip(shots, spans, looks, depths, strict=True):
        path = _path(task, shot.plan, len(span), focus=depth.focus, trust=parallax_of(look))
        ends = at_end and span.stop == canvas.frames
        takes.append(Take(span, set_stage(look, canvas.size, depth, ending_at_rest(path) if ends else path)))
    return takes


def _path(task: RenderTask, plan: ShotPlan, frames: int, *, focus: float, trust: float) -> Path:
    return plan_path(plan, frames=frames, fps=task.canvas.fps, focus=focus, trust=trust, seed=task.seed)


def _framed(look: Look, shots: Sequence[Shot], canvas: Size) -> list[Look]:
    """Return the look of each shot. A clip of one shot shows the picture as it was sent, whatever it is called."""
    if len(shots) == 1:
        return [look]
    framings = framings_of(shots)
    return [framed(look, framing, canvas, place=place) for place, framing in enumerate(framings)]


def _cut_frames(takes: Sequence[Take]) -> tuple[int, ...]:
    return tuple(take.frames.start for take in takes[1:])


def _anchored(look: Look, take: Take, frame: int) -> Anchor:
    """Make a frame of the clip exactly the picture under its crop."""
    own = frame - take.frames.start
    drawn, _ = drawer_of(take.stage)()(own)
    return Anchor.between(frame, promised=flat_view(look, take.stage, own), drawn=drawn)


def _one_picture(task: RenderTask, look: Look, *, at_end: bool) -> Production:
    canvas = task.canvas
    plan = plan_shot(task.prompt, load_lexicons(), look.traits)
    looks = _framed(look, plan.shots, canvas.size)
    takes = _shoot(task, plan.shots, looks, [depth_of(look)] * len(looks), at_end=at_end)
    exact, place = (canvas.frames - 1, -1) if at_end else (0, 0)
    anchor = _anchored(looks[place], takes[place], exact)
    effects = build(plan, canvas, flat_view(looks[0], takes[0].stage, 0), seed=task.seed, ends_on_picture=at_end)
    return Production(Film(reel(takes), canvas.fps, effects, (anchor,), cuts=_cut_frames(takes)), plan, "picture", ())


def _two_pictures(task: RenderTask, first: Look, last: Look, rhythm: Rhythm) -> Shown:
    canvas = task.canvas
    looks = [first, last]
    plan = rhythm.in_time(plan_shot(task.prompt, load_lexicons(), looks[0].traits))
    if len(plan.shots) > 1:
        return _cut_between(task, plan, first, last)
    if all(cue.words is None for cue in plan.moves):
        # The way from one picture to the other is motion enough; the camera only keeps it alive.
        plan = replace(plan, moves=(MoveCue(Move.PUSH_IN, speed=0.6),))
    begin, end = (fitted(look, canvas.size) for look in looks)
    flow = measure_flow(begin, end)
    effects = build(plan, canvas, begin, seed=task.seed, ends_on_picture=True)
    if flow.is_believable:
        share = np.linspace(0, 1, canvas.frames)
        morph = Morph(begin, end, flow, share * share * (3 - 2 * share))
        still = replace(plan, moves=(MoveCue(Move.STATIC),))
        return Production(Film(morph.drawer, canvas.fps, effects), still, "morph", ())
    takes = [Take(range(canvas.frames), stage) for stage in _matched(task, plan, looks)]
    anchors = [
        _anchored(look, take, frame) for look, take, frame in zip(looks, takes, (0, canvas.frames - 1), strict=True)
    ]
    drawers = dissolve(*(take.stage for take in takes), frames=canvas.frames, fps=canvas.fps)
    return Production(Film(drawers, canvas.fps, effects, anchors), plan, "dissolve", ())


def _matched(task: RenderTask, plan: ShotPlan, looks: Sequence[Look]) -> list[Stage]:
    """Set both pictures before the same camera: one path, one trust in depth, and the room that both have."""
    canvas, depths = task.canvas, [depth_of(look) for look in looks]
    trust = min(parallax_of(look) for look in looks)
    focus = sum(depth.focus for depth in depths) / len(depths)
    path = _path(task, plan, canvas.frames, focus=focus, trust=trust)
    seen_from, _ = dissolve_of(canvas.frames, canvas.fps)
    paths = (path, ending_at_rest(path, seen_from=seen_from))
    room = 1.0
    for _ in range(2):
        stages = [
            set_stage(look, canvas.size, depth, own, at_most=room)
            for look, depth, own in zip(looks, depths, paths, strict=True)
        ]
        shares = {stage.view.share for stage in stages}
        if len(shares) == 1:
            break
        room = min(shares)
    return stages


def _cut_between(task: RenderTask, plan: ShotPlan, first: Look, last: Look) -> Production:
    """Tell the shots with both pictures: the last shot with the last one, all before it with the first."""
    canvas, shots = task.canvas, plan.shots
    looks = [*_framed(first, shots[:-1], canvas.size), last]
    near, far = depth_of(first), depth_of(last)
    takes = _shoot(task, shots, looks, [near] * (len(shots) - 1) + [far], at_end=True)
    anchors = [_anchored(looks[0], takes[0], 0), _anchored(last, takes[-1], canvas.frames - 1)]
    effects = build(plan, canvas, flat_view(looks[0], takes[0].stage, 0), seed=task.seed, ends_on_picture=True)
    return Production(Film(reel(takes), canvas.fps, effects, anchors, cuts=_cut_frames(takes)), plan, "cuts", ())


def _slate(task: RenderTask) -> Production:
    canvas = task.canvas
    plan = plan_shot(task.prompt, load_lexicons())
    slates = {shot.plan.scenery: draw_slate(shot.plan, canvas.size, seed=task.seed) for shot in plan.shots}
    own = [slates[shot.plan.scenery] for shot in plan.shots]
    framings = framings_of(plan.shots)
    looks, depths = [], []
    for place, (slate, framing) in enumerate(zip(own, framings, strict=True)):
        look = _slate_look(slate, canvas.size)
        # Another landscape is another view already.
        same = place > 0 and slate is own[place - 1]
        looks.append(framed(look, framing, canvas.size, place=place) if same else look)
        depths.append(slate.depth)
    takes = []
    for shot, span, look, depth in zip(plan.shots, frames_of(plan.shots, canvas.frames), looks, depths, strict=True):
        # Houses have upright edges, which show any bending; hills and water do not.
        trust = 0.45 if Scenery.CITY in shot.plan.scenery[:1] else 1.0
        path = _path(task, shot.plan, len(span), focus=depth.focus, trust=trust)
        takes.append(Take(span, set_stage(look, canvas.size, depth, path)))
    # The slate's own colours are those of the hour; a grade on top would be the hour twice.
    weather = replace(plan, time_of_day=None, cuts=tuple(replace(cut, time_of_day=None) for cut in plan.cuts))
    effects = build(weather, canvas, flat_view(looks[0], takes[0].stage, 0), seed=task.seed, ends_on_picture=False)
    caption = make_caption(task.prompt, canvas.size)
    return Production(
        Film(reel(takes), canvas.fps, effects, overlay=caption, cuts=_cut_frames(takes)), plan, "slate", ()
    )


def _slate_look(slate: Slate, canvas: Size) -> Look:
    nobody = describe(np.zeros((8, 8), np.float32))
    scene = Scene(np.zeros_like(slate.depth.behind), 0.0, 0.5)
    return Look(slate.picture, nobody, scene, crop_of(slate.picture, canvas, nobody))
