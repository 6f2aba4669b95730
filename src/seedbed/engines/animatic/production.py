"""From a task to a film: the pictures are looked at, the shot is planned, the stage is set.

This is the engine without threads, reports and files, so that tests can ask for single frames.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seedbed.core.engine import RenderTask
from seedbed.core.shotplan.plan import MoveCue, PictureTraits, ShotPlan, held_still
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.vocabulary import Move, Scenery
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import ending_at_rest, plan_path
from seedbed.engines.animatic.caption import make_caption
from seedbed.engines.animatic.depth import Scene
from seedbed.engines.animatic.effects import build
from seedbed.engines.animatic.film import Film
from seedbed.engines.animatic.framing import crop_of
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.mark import visible_mark
from seedbed.engines.animatic.motion_path import Guide, guide_of, tighter
from seedbed.engines.animatic.passage import Morph, dissolve, dissolve_of, measure_flow
from seedbed.engines.animatic.planes import Bytes
from seedbed.engines.animatic.shots import Framed, Take, anchored, cuts_of, opening, reel, shoot, views_of
from seedbed.engines.animatic.slate import Slate, draw_slate
from seedbed.engines.animatic.sound.accents import Rhythm, rhythm_of
from seedbed.engines.animatic.sound.track import SoundTrack, compose, hear
from seedbed.engines.animatic.sources import choose_sources
from seedbed.engines.animatic.stage import Look, depth_of, fitted, look_at, parallax_of, set_stage
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
    """What there is to see and to hear. `camera`: what a reference video did to it, None without one."""

    film: Film
    plan: ShotPlan
    kind: str
    camera: dict[str, Any] | None
    sound: SoundTrack
    warnings: tuple[str, ...]


def prepare(
    task: RenderTask, network: Callable[[], SubjectFinder], *, keep_on: Callable[[], None] = lambda: None
) -> Production:
    """Do everything that comes before the first frame. Raises MediaFailure if a reference cannot be decoded.

    `keep_on` is called often while a video is read; what it raises passes through.
    """
    sources = choose_sources(task)
    heard = hear(sources.sound, task.canvas)
    # Beats move the camera as well.
    rhythm = rhythm_of(heard.beats if heard and not task.has_fixed_camera else None, task.canvas)
    guide = guide_of(sources.footage, _planned(task), task.canvas, keep_on=keep_on)

    def seen(picture: Bytes) -> Look:
        look = look_at(picture, task.canvas.size, network())
        return replace(look, picture=transfer(look.picture, sources.style, seed=task.seed))

    match (sources.first, sources.last):
        case (None, None):
            made = _slate(task, rhythm)
        case (None, last) if last is not None:
            made = _one_picture(task, seen(last), rhythm, guide, at_end=True)
        case (first, None) if first is not None:
            made = _one_picture(task, seen(first), rhythm, guide, at_end=False)
        case (first, last):
            assert first is not None
            assert last is not None
            made = _two_pictures(task, seen(first), seen(last), rhythm, guide)
    sound = compose(heard, made.plan, task.canvas, seed=task.seed, wants_audio=task.wants_audio)
    mark = visible_mark(task.canvas.size) if task.wants_watermark else None
    film = replace(made.film, effects=[*made.film.effects, *rhythm.light()], mark=mark)
    guide = guide.unless_morphed(is_morph=made.kind == "morph")
    warnings = sources.warnings + guide.warnings + sound.warnings
    return Production(film, made.plan, made.kind, guide.told, sound, warnings)


def _planned(task: RenderTask, traits: PictureTraits | None = None) -> ShotPlan:
    plan = plan_shot(task.prompt, load_lexicons(), traits)
    return held_still(plan, words="camera_fixed") if task.has_fixed_camera else plan


def _one_picture(task: RenderTask, look: Look, rhythm: Rhythm, guide: Guide, *, at_end: bool) -> Shown:
    canvas = task.canvas
    plan = guide.led(rhythm.in_time(_planned(task, look.traits)))
    depth, trust = depth_of(look), parallax_of(look)
    looks = [Framed(each, depth, trust) for each in views_of(look, plan.shots, canvas.size)]
    takes = shoot(task, plan.shots, looks, rhythm, guide, at_end=at_end)
    begin = opening(looks[0], takes[0])
    if at_end:
        anchor = anchored(looks[-1].look, takes[-1], canvas.frames - 1)
    else:
        anchor = anchored(looks[0].look, takes[0], 0, promised=begin)
    effects = build(plan, canvas, begin, seed=task.seed, ends_on_picture=at_end)
    return Shown(Film(reel(takes), canvas.fps, effects, (anchor,), cuts=cuts_of(takes)), plan, "picture")


def _two_pictures(task: RenderTask, first: Look, last: Look, rhythm: Rhythm, guide: Guide) -> Shown:
    canvas = task.canvas
    looks = [first, last]
    plan = guide.led(rhythm.in_time(_planned(task, looks[0].traits)))
    if len(plan.shots) > 1:
        return _cut_between(task, plan, first, last, rhythm, guide)
    if guide.motion is None and all(cue.words is None for cue in plan.moves):
        # The way from one picture to the other is motion enough; the camera only keeps it alive.
        plan = replace(plan, moves=(MoveCue(Move.PUSH_IN, speed=0.45),))
    begin, end = (fitted(look, canvas.size) for look in looks)
    flow = measure_flow(begin, end)
    effects = build(plan, canvas, begin, seed=task.seed, ends_on_picture=True)
    if flow.is_believable:
        share = np.linspace(0, 1, canvas.frames)
        morph = Morph(begin, end, flow, share * share * (3 - 2 * share))
        still = replace(plan, moves=(MoveCue(Move.STATIC),))
        return Shown(Film(morph.drawer, canvas.fps, effects), still, "morph")
    takes = [Take(range(canvas.frames), stage) for stage in _matched(task, plan, looks, rhythm, guide)]
    anchors = [
        anchored(look, take, frame) for look, take, frame in zip(looks, takes, (0, canvas.frames - 1), strict=True)
    ]
    drawers = dissolve(*(take.stage for take in takes), frames=canvas.frames, fps=canvas.fps)
    return Shown(Film(drawers, canvas.fps, effects, anchors), plan, "dissolve")


def _matched(task: RenderTask, plan: ShotPlan, looks: Sequence[Look], rhythm: Rhythm, guide: Guide) -> list[Stage]:
    """Set both pictures before the same camera: one path, one trust in depth, and the room that both have."""
    canvas, depths = task.canvas, [depth_of(look) for look in looks]
    looks = [guide.framed(look) for look in looks]
    trust = min(parallax_of(look) for look in looks)
    focus = sum(depth.focus for depth in depths) / len(depths)
    path = plan_path(plan, frames=canvas.frames, fps=canvas.fps, focus=focus, trust=trust, seed=task.seed)
    path = guide.moved(path, tighter(*(look.crop for look in looks)), canvas.size, trust=trust)
    seen_from, _ = dissolve_of(canvas.frames, canvas.fps)
    paths = [rhythm.zoomed(each) for each in (path, ending_at_rest(path, seen_from=seen_from))]
    sights = list(zip(looks, depths, paths, strict=True))
    stages = [set_stage(look, canvas.size, depth, own) for look, depth, own in sights]
    room = min(stage.view.share for stage in stages)
    return [
        stage if stage.view.share == room else set_stage(look, canvas.size, depth, own, at_most=room)
        for stage, (look, depth, own) in zip(stages, sights, strict=True)
    ]


def _cut_between(task: RenderTask, plan: ShotPlan, first: Look, last: Look, rhythm: Rhythm, guide: Guide) -> Shown:
    """Tell the shots with both pictures: the last shot with the last one, all before it with the first."""
    canvas, shots = task.canvas, plan.shots
    depth, trust = depth_of(first), parallax_of(first)
    looks = [Framed(each, depth, trust) for each in views_of(first, shots[:-1], canvas.size)]
    looks.append(Framed(last, depth_of(last), parallax_of(last)))
    takes = shoot(task, shots, looks, rhythm, guide, at_end=True)
    begin = opening(looks[0], takes[0])
    anchors = [anchored(looks[0].look, takes[0], 0, promised=begin), anchored(last, takes[-1], canvas.frames - 1)]
    effects = build(plan, canvas, begin, seed=task.seed, ends_on_picture=True)
    return Shown(Film(reel(takes), canvas.fps, effects, anchors, cuts=cuts_of(takes)), plan, "cuts")


def _slate(task: RenderTask, rhythm: Rhythm) -> Shown:
    canvas = task.canvas
    plan = rhythm.in_time(_planned(task))
    slates = {scenery: draw_slate(shot, canvas.size, seed=task.seed) for scenery, shot in _landscapes(plan).items()}
    views = []
    for scenery, group in itertools.groupby(plan.shots, key=lambda shot: shot.plan.scenery):
        slate = slates[scenery]
        # Houses have upright edges, which show any bending; hills and water do not.
        trust = 0.45 if Scenery.CITY in scenery[:1] else 1.0
        looks = views_of(_slate_look(slate, canvas.size), list(group), canvas.size)
        views += [Framed(look, slate.depth, trust) for look in looks]
    takes = shoot(task, plan.shots, views, rhythm, Guide(), at_end=False)
    # The slate's own colours are those of the hour; a grade on top would be the hour twice.
    weather = replace(plan, time_of_day=None, cuts=tuple(replace(cut, time_of_day=None) for cut in plan.cuts))
    begin = opening(views[0], takes[0])
    effects = build(weather, canvas, begin, seed=task.seed, ends_on_picture=False)
    caption = make_caption(task.prompt, canvas.size)
    return Shown(Film(reel(takes), canvas.fps, effects, overlay=caption, cuts=cuts_of(takes)), plan, "slate")


def _landscapes(plan: ShotPlan) -> dict[tuple[Scenery, ...], ShotPlan]:
    """Return each scenery and the first shot that shows it."""
    return {shot.plan.scenery: shot.plan for shot in reversed(plan.shots)}


def _slate_look(slate: Slate, canvas: Size) -> Look:
    nobody = describe(np.zeros((8, 8), np.float32))
    scene = Scene(np.zeros_like(slate.depth.behind), 0.0, 0.5)
    return Look(slate.picture, nobody, scene, crop_of(slate.picture, canvas, nobody))
