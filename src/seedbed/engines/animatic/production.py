"""From a task to a film: the pictures are looked at, the shot is planned, the stage is set.

This is the engine without threads, reports and files, so that tests can ask for single frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seedbed.core.engine import RenderTask
from seedbed.core.shotplan.plan import ShotPlan
from seedbed.core.shotplan.planner import plan_shot
from seedbed.engines.animatic.camera import plan_path
from seedbed.engines.animatic.film import Anchor, Film, drawer_of
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.sources import choose_sources
from seedbed.engines.animatic.stage import depth_of, flat_view, look_at, parallax_of, set_stage
from seedbed.engines.animatic.subject import SubjectFinder


@dataclass(frozen=True, slots=True)
class Production:
    """`kind`: "picture", "first_last" or "slate"."""

    film: Film
    plan: ShotPlan
    kind: str
    warnings: tuple[str, ...]


def prepare(task: RenderTask, network: Callable[[], SubjectFinder]) -> Production:
    """Do everything that comes before the first frame. Raises MediaFailure if a picture cannot be decoded."""
    sources = choose_sources(task)
    canvas = task.canvas
    first = sources.first if sources.first is not None else sources.last
    look = look_at(first, canvas.size, network())
    plan = plan_shot(task.prompt, load_lexicons(), look.traits)
    depth = depth_of(look)
    path = plan_path(
        plan, frames=canvas.frames, fps=canvas.fps, focus=depth.focus, trust=parallax_of(look), seed=task.seed
    )
    stage = set_stage(look, canvas.size, depth, path)
    make_drawer = drawer_of(stage)
    drawn, _ = make_drawer()(0)
    anchor = Anchor.between(0, promised=flat_view(look, stage, 0), drawn=drawn)
    film = Film(make_drawer, canvas.fps, anchors=(anchor,))
    return Production(film, plan, "picture", sources.warnings)
