"""From a task to a film: the pictures are looked at, the shot is planned, the stage is set.

This is the engine without threads, reports and files, so that tests can ask for single frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from seedbed.core.engine import RenderTask
from seedbed.core.shotplan.plan import MoveCue, ShotPlan
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.vocabulary import Move, Scenery
from seedbed.engines.animatic.camera import Path, ending_at_rest, plan_path
from seedbed.engines.animatic.caption import make_caption
from seedbed.engines.animatic.depth import Scene
from seedbed.engines.animatic.effects import build
from seedbed.engines.animatic.film import Anchor, Film, drawer_of
from seedbed.engines.animatic.framing import crop_of
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.passage import DISSOLVE_FROM, Morph, dissolve, measure_flow
from seedbed.engines.animatic.planes import Bytes, Planes
from seedbed.engines.animatic.slate import draw_slate
from seedbed.engines.animatic.sources import Sources, choose_sources
from seedbed.engines.animatic.stage import Look, depth_of, fitted, flat_view, look_at, parallax_of, set_stage
from seedbed.engines.animatic.style import transfer
from seedbed.engines.animatic.subject import SubjectFinder, describe
from seedbed.engines.animatic.warp import Stage


@dataclass(frozen=True, slots=True)
class Production:
    """`kind`: "picture", "morph", "dissolve" or "slate"."""

    film: Film
    plan: ShotPlan
    kind: str
    warnings: tuple[str, ...]


def prepare(task: RenderTask, network: Callable[[], SubjectFinder]) -> Production:
    """Do everything that comes before the first frame. Raises MediaFailure if a picture cannot be decoded."""
    sources = choose_sources(task)

    def seen(picture: Bytes) -> Look:
        look = look_at(picture, task.canvas.size, network())
        return replace(look, picture=transfer(look.picture, sources.style, seed=task.seed))

    match (sources.first, sources.last):
        case (None, None):
            made = _slate(task)
        case (None, last) if last is not None:
            made = _one_picture(task, seen(last), at_end=True)
        case (first, None) if first is not None:
            made = _one_picture(task, seen(first), at_end=False)
        case (first, last):
            assert first is not None
            assert last is not None
            made = _two_pictures(task, seen(first), seen(last))
    return replace(made, warnings=sources.warnings + _not_used(sources))


def _not_used(sources: Sources) -> tuple[str, ...]:
    lost = {
        "does not take over the motion of a reference video in this edition": sources.footage,
        "does not use reference audio in this edition; the clip is silent": sources.sound,
    }
    return tuple(f"{reference.name}: animatic {what}" for what, reference in lost.items() if reference)


def _path(task: RenderTask, plan: ShotPlan, *, focus: float, trust: float) -> Path:
    return plan_path(plan, frames=task.canvas.frames, fps=task.canvas.fps, focus=focus, trust=trust, seed=task.seed)


def _anchored(stage: Stage, frame: int, promised: Planes) -> Anchor:
    drawn, _ = drawer_of(stage)()(frame)
    return Anchor.between(frame, promised=promised, drawn=drawn)


def _one_picture(task: RenderTask, look: Look, *, at_end: bool) -> Production:
    canvas = task.canvas
    plan = plan_shot(task.prompt, load_lexicons(), look.traits)
    depth = depth_of(look)
    path = _path(task, plan, focus=depth.focus, trust=parallax_of(look))
    stage = set_stage(look, canvas.size, depth, ending_at_rest(path) if at_end else path)
    exact = canvas.frames - 1 if at_end else 0
    promised = flat_view(look, stage, exact)
    effects = build(plan, canvas, promised, seed=task.seed, ends_on_picture=at_end)
    film = Film(drawer_of(stage), canvas.fps, effects, (_anchored(stage, exact, promised),))
    return Production(film, plan, "picture", ())


def _two_pictures(task: RenderTask, first: Look, last: Look) -> Production:
    canvas = task.canvas
    looks = [first, last]
    plan = plan_shot(task.prompt, load_lexicons(), looks[0].traits)
    if all(cue.words is None for cue in plan.moves):
        # The way from one picture to the other is motion enough; the camera only keeps it alive.
        plan = replace(plan, moves=(MoveCue(Move.PUSH_IN, speed=0.45),))
    begin, end = (fitted(look, canvas.size) for look in looks)
    flow = measure_flow(begin, end)
    effects = build(plan, canvas, begin, seed=task.seed, ends_on_picture=True)
    if flow.is_believable:
        share = np.linspace(0, 1, canvas.frames)
        morph = Morph(begin, end, flow, share * share * (3 - 2 * share))
        still = replace(plan, moves=(MoveCue(Move.STATIC),))
        return Production(Film(morph.drawer, canvas.fps, effects), still, "morph", ())
    stages = []
    for look, at_end in zip(looks, (False, True), strict=True):
        depth = depth_of(look)
        path = _path(task, plan, focus=depth.focus, trust=parallax_of(look))
        seen_from = int(DISSOLVE_FROM * canvas.frames)
        stages.append(
            set_stage(look, canvas.size, depth, ending_at_rest(path, seen_from=seen_from) if at_end else path)
        )
    anchors = [
        _anchored(stage, frame, flat_view(look, stage, frame))
        for look, stage, frame in zip(looks, stages, (0, canvas.frames - 1), strict=True)
    ]
    film = Film(dissolve(*stages, frames=canvas.frames), canvas.fps, effects, anchors)
    return Production(film, plan, "dissolve", ())


def _slate(task: RenderTask) -> Production:
    canvas = task.canvas
    plan = plan_shot(task.prompt, load_lexicons())
    slate = draw_slate(plan, canvas.size, seed=task.seed)
    nobody = describe(np.zeros((8, 8), np.float32))
    scene = Scene(np.zeros_like(slate.depth.behind), 0.0, 0.5)
    look = Look(slate.picture, nobody, scene, crop_of(slate.picture, canvas.size, nobody))
    # Houses have upright edges, which show any bending; hills and water do not.
    trust = 0.45 if Scenery.CITY in plan.scenery[:1] else 1.0
    stage = set_stage(look, canvas.size, slate.depth, _path(task, plan, focus=slate.depth.focus, trust=trust))
    # The slate's own colours are those of the hour; a grade on top would be the hour twice.
    weather = replace(plan, time_of_day=None)
    effects = build(weather, canvas, flat_view(look, stage, 0), seed=task.seed, ends_on_picture=False)
    film = Film(drawer_of(stage), canvas.fps, effects, overlay=make_caption(task.prompt, canvas.size))
    return Production(film, plan, "slate", ())
