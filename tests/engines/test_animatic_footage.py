"""The camera of a reference video: what is read out of it, how it moves a picture, and files that are unkind."""

from itertools import pairwise

import numpy as np
import pytest
from animatic_footage import FRAMES, course, detailed, seen, sound_only, video
from animatic_scenes import NOBODY, SMALL, film_of, motion, psnr, reference, save, somebody, task, texture

from seedbed.core.engine import Canvas
from seedbed.core.errors import MediaInvalid, MediaUnsupported
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.references import Kind, Role
from seedbed.core.shotplan.plan import MoveCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Move
from seedbed.core.sizes import Size
from seedbed.engines.animatic.footage import MotionPath, read_motion
from seedbed.engines.animatic.framing import Crop
from seedbed.engines.animatic.motion_path import fit_motion, guide_of, part_of
from seedbed.engines.animatic.planes import from_rgb, to_rgb
from seedbed.engines.animatic.production import prepare

CANVAS = Canvas(SMALL, FRAMES, 24)
NAMES = {"closer": "closer", "roll": "roll", "x": "pan_x", "y": "pan_y"}
FAR = {"closer": 0.25, "roll": 0.09, "x": 0.3, "y": 0.2}
UNNAMED = ShotPlan((MoveCue(Move.PUSH_IN),))


def likeness(path, found):
    """Return the correlation for each direction that moves, after stretching the path to the found length."""
    share = np.linspace(0, 1, len(found.closer))
    return {
        name: np.corrcoef(np.interp(share, np.linspace(0, 1, len(track)), track), getattr(found, NAMES[name]))[0, 1]
        for name, track in path.items()
        if np.ptp(track)
    }


@pytest.mark.parametrize(
    "most",
    [{"x": 0.4}, {"y": -0.3}, {"closer": 0.4}, {"closer": -0.3}, {"roll": 0.14}, FAR],
    ids=["pan", "tilt", "zoom in", "zoom out", "roll", "all at once"],
)
def test_a_known_path_is_read(tmp_path, most):
    path = course(**most)
    found = read_motion(video(tmp_path, seen(path)), CANVAS)

    assert found.is_sure
    assert found.cuts == ()
    assert min(likeness(path, found).values()) >= 0.98
    for name, track in path.items():
        assert np.abs(getattr(found, NAMES[name]) - track).max() < 0.006


def test_a_hand_that_shakes_is_read(tmp_path):
    seconds = np.arange(FRAMES) / 24
    waves = [np.sin(2 * np.pi * hz * seconds) for hz in (0.9, 1.3, 1.7)]
    path = {"closer": 0 * seconds, "roll": 0.01 * waves[2], "x": 0.012 * waves[0], "y": 0.016 * waves[1]}

    assert min(likeness(path, read_motion(video(tmp_path, seen(path)), CANVAS)).values()) >= 0.98


def test_things_that_move_by_themselves_are_not_the_camera(tmp_path):
    path = course(**FAR)
    crowd = detailed(400, 200, seed=9)
    frames = list(seen(path))
    for number, frame in enumerate(frames):
        frame[60:150, 5 + 3 * number : 105 + 3 * number] = crowd[:90, : min(100, 315 - 3 * number)]

    assert min(likeness(path, read_motion(video(tmp_path, frames), CANVAS)).values()) >= 0.98


def test_a_cut_is_no_motion(tmp_path):
    path = course(x=0.2)
    frames = [*list(seen(path))[:24], *list(seen(path, seed=8))[:24]]
    found = read_motion(video(tmp_path, frames), CANVAS)

    assert found.cuts == (24,)
    assert np.abs(np.diff(found.pan_x)).max() < 0.012
    assert found.is_sure


@pytest.mark.parametrize("seconds", [3.5, 1.2])
def test_a_video_is_made_as_long_as_the_clip(tmp_path, seconds):
    path = course(x=0.3, closer=0.2, frames=round(seconds * 12))
    found = read_motion(video(tmp_path, seen(path), fps=12), CANVAS)

    assert min(likeness(path, found).values()) >= 0.98
    assert found.pan_x[-1] == pytest.approx(0.3, abs=0.01)


def test_a_very_short_video_is_not_drawn_out_for_ever_but_comes_to_rest(tmp_path):
    path = {name: track[:25] for name, track in course(x=0.3).items()}
    found = read_motion(video(tmp_path, seen(path)), Canvas(SMALL, 97, 24))
    speed = np.abs(np.diff(found.pan_x))

    assert speed[-1] < 0.1 * speed.max()
    assert np.abs(np.diff(found.pan_x, 2)).max() < 0.25 * speed.max()


def test_frames_at_odd_moments_keep_the_pace(tmp_path):
    chance = np.random.default_rng(2)
    times_s = np.concatenate([[0], np.cumsum(chance.choice([0.02, 0.04, 0.09], FRAMES - 1))])
    even = course(**FAR)
    path = {name: np.interp(times_s / times_s[-1], np.linspace(0, 1, FRAMES), track) for name, track in even.items()}

    found = read_motion(video(tmp_path, seen(path), times_s=times_s), CANVAS)
    assert min(likeness(even, found).values()) >= 0.98


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_phone_that_was_turned_is_read_upright(tmp_path, rotation):
    path = course(x=0.3)
    upright = seen(path, width=180, height=320) if rotation != 180 else seen(path)
    stored = [np.rot90(frame, k=rotation // 90) for frame in upright]
    found = read_motion(video(tmp_path, stored, rotation=rotation), CANVAS)

    assert likeness(path, found)["x"] >= 0.98
    assert found.pan_x[-1] > 0.1
    assert not np.ptp(found.pan_y)


def test_a_still_camera_is_a_motion_too(tmp_path):
    found = read_motion(video(tmp_path, [next(seen(course()))] * 30), CANVAS)

    assert found.is_sure
    assert not any(np.ptp(getattr(found, name)) for name in NAMES.values())


@pytest.mark.parametrize(
    "frames",
    [[np.full((180, 320, 3), 90, np.uint8)] * 30, [texture(320, 180)], [np.zeros((180, 320, 3), np.uint8)] * 2],
    ids=["one colour", "one frame", "two black frames"],
)
def test_where_nothing_can_be_followed_the_picture_moves_as_it_would_have(tmp_path, frames):
    footage = reference(video(tmp_path, frames), Role.REFERENCE_VIDEO, 1, Kind.VIDEO)
    guide = guide_of(footage, UNNAMED, CANVAS)

    assert guide.motion is None
    assert guide.led(UNNAMED) is UNNAMED
    assert "mediaUrls[1]: no camera motion" in guide.warnings[0]


def test_a_broken_end_is_left_out(tmp_path):
    path = video(tmp_path, seen(course(x=0.3)))
    data = bytearray(path.read_bytes())
    # The frames' bytes come first in the file and their table last; the last third of the frames is made nonsense.
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) * 6 // 10
    data[middle : data.rindex(b"moov") - 4] = bytes(data.rindex(b"moov") - 4 - middle)
    path.write_bytes(data)
    found = read_motion(path, CANVAS)

    assert found.pan_x.max() > 0.05
    assert np.abs(np.diff(found.pan_x)).max() < 0.03


def test_a_file_without_pictures_is_named(tmp_path):
    with pytest.raises(MediaUnsupported, match=r"mediaUrls\[2\].*no video track"):
        guide_of(reference(sound_only(tmp_path), Role.REFERENCE_VIDEO, 2, Kind.VIDEO), UNNAMED, CANVAS)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"])
def test_a_file_that_is_no_video_is_named(tmp_path, content):
    path = tmp_path / "video.mp4"
    path.write_bytes(content)

    with pytest.raises(MediaInvalid, match=r"mediaUrls\[0\]"):
        guide_of(reference(path, Role.REFERENCE_VIDEO, 0, Kind.VIDEO), UNNAMED, CANVAS)


def test_a_playlist_in_disguise_opens_nothing(tmp_path):
    secret = video(tmp_path, [texture(320, 180)] * 3)
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")

    with pytest.raises(MediaFault) as fault:
        read_motion(path, CANVAS)
    assert fault.value.fault is Fault.INVALID


def test_reading_can_be_given_up_at_every_frame(tmp_path):
    class Enough(Exception):
        pass

    def give_up():
        raise Enough

    with pytest.raises(Enough):
        read_motion(video(tmp_path, seen(course(x=0.1))), CANVAS, keep_on=give_up)


def test_the_prompt_goes_before_the_video(tmp_path):
    footage = reference("never opened", Role.REFERENCE_VIDEO, 1, Kind.VIDEO)
    guide = guide_of(footage, ShotPlan((MoveCue(Move.PAN_LEFT, words="pan left"),)), CANVAS)

    assert guide.motion is None
    assert guide.told == {"follows": "prompt", "insteadOf": "mediaUrls[1]"}
    assert "'pan left'" in guide.warnings[0]


@pytest.mark.parametrize("most", [{"x": 3.0}, {"y": 2.0, "x": 0.02}, {"roll": 1.2, "x": 0.2}, {"closer": -2.0}])
def test_a_motion_that_is_too_large_keeps_its_course(tmp_path, most):
    path = course(**most)
    motion_ = guide_motion(path)
    crop = Crop(0.5, 320, 213, 160, 100, 160, 100)
    fitted = fit_motion(motion_, crop, SMALL)

    assert min(likeness(path, fitted).values()) > 0.999
    widest = np.exp(fitted.closer - fitted.closer.min()) * 1.3
    half = (np.cos(fitted.roll) * 320 + np.abs(np.sin(fitted.roll)) * 180) / 2 / widest
    assert (fitted.pan_x * 320 + half).max() - (fitted.pan_x * 320 - half).min() <= 320
    assert np.ptp(fitted.closer) <= np.log(1.8) + 1e-9


def guide_motion(path):
    return MotionPath(path["closer"], path["roll"], path["x"], path["y"], (30,), True)


def test_a_later_shot_begins_at_rest():
    part = part_of(guide_motion(course(**FAR)), range(20, FRAMES))

    assert [getattr(part, name)[0] for name in NAMES.values()] == [0, 0, 0, 0]
    assert len(part.closer) == FRAMES - 20
    assert part.cuts == (10,)


def shown(paint, numbers=range(0, FRAMES, 6)):
    """Follow what a clip shows at the given frames, step by step: each direction's track, zero at the first."""
    frames = [paint(number).y for number in numbers]
    steps = [(1, 0, 0, 0), *(motion(before, after) for before, after in pairwise(frames))]
    grown, turned, x, y = (np.array(each) for each in zip(*steps, strict=True))
    height, width = frames[0].shape
    tracks = {"closer": np.log(grown), "roll": -turned, "x": -x / width, "y": -y / height}
    return {name: np.cumsum(track) for name, track in tracks.items()}


@pytest.mark.parametrize(
    ("most", "size"),
    [
        ({"x": 0.15}, SMALL),
        ({"y": -0.1}, SMALL),
        ({"closer": 0.25}, SMALL),
        ({"roll": 0.08}, SMALL),
        ({"x": 0.15}, Size(240, 240)),
    ],
)
def test_the_picture_moves_as_the_camera_of_the_video_did(tmp_path, most, size):
    path = course(**most)
    sent = [
        reference(save(tmp_path, detailed(960, 720, 5))),
        reference(video(tmp_path, seen(path)), Role.REFERENCE_VIDEO, 1, Kind.VIDEO),
    ]
    found = shown(film_of(task("", *sent, size=size, frames=FRAMES)))
    name = next(iter(most))

    assert np.corrcoef(found[name], path[name][::6])[0, 1] >= 0.98
    assert np.sign(found[name][5]) == np.sign(path[name][30])
    assert abs(found[name][-1]) > 0.4 * abs(path[name][42])


@pytest.mark.parametrize("subject", [NOBODY, somebody()], ids=["flat", "cut out"])
def test_frame_0_is_still_the_first_picture(tmp_path, subject):
    sent = [
        reference(save(tmp_path, texture())),
        reference(video(tmp_path, seen(course(closer=0.3))), Role.REFERENCE_VIDEO, 1, Kind.VIDEO),
    ]
    first = film_of(task("", *sent, frames=FRAMES), subject)(0)

    assert psnr(first.y, from_rgb(_half(texture())).y) >= 40


def _half(pixels):
    return pixels.reshape(180, 2, 320, 2, 3).mean((1, 3)).round().astype(np.uint8)


def test_a_video_alone_gives_picture_and_motion_once(tmp_path):
    path = course(closer=0.25)
    frames = list(seen(path))
    footage = reference(video(tmp_path, frames), Role.REFERENCE_VIDEO, 0, Kind.VIDEO)
    made = prepare(task("", footage, frames=FRAMES), lambda: NOBODY)
    paint = made.film.painter()

    assert made.warnings == ()
    assert made.camera == {"follows": "mediaUrls[0]"}
    assert psnr(to_rgb(paint(0)), frames[0]) > 28
    # Once: the picture ends as near as the video did, not twice as near.
    assert np.log(motion(paint(0).y, paint(FRAMES - 1).y)[0]) == pytest.approx(0.25, abs=0.05)


def test_the_plan_says_who_moved_the_camera(tmp_path):
    picture = reference(save(tmp_path, texture()))
    footage = reference(video(tmp_path, seen(course(x=0.2))), Role.REFERENCE_VIDEO, 1, Kind.VIDEO)
    by_video, by_words = (prepare(task(prompt, picture, footage), lambda: NOBODY) for prompt in ("snow", "pan left"))

    assert by_video.camera == {"follows": "mediaUrls[1]"}
    assert by_video.plan.moves == ()
    assert by_words.camera["follows"] == "prompt"
    assert by_words.plan.moves[0].move is Move.PAN_LEFT
    assert len(by_words.warnings) == 1


def test_every_shot_of_a_clip_follows_its_part_of_the_video(tmp_path):
    picture = reference(save(tmp_path, detailed(960, 720, 5)))
    footage = reference(video(tmp_path, seen(course(x=0.3))), Role.REFERENCE_VIDEO, 1, Kind.VIDEO)
    made = prepare(
        task("wide shot of a field. cut to a close-up of it", picture, footage, frames=FRAMES), lambda: NOBODY
    )
    paint, cut = made.film.painter(), made.film.cuts[0]

    for take in (range(0, cut, 4), range(cut, FRAMES, 4)):
        assert shown(paint, take)["x"][-1] > 0.02


def test_two_like_pictures_are_a_morph_and_the_video_is_left_over(tmp_path):
    wide = texture(704, 396)
    sent = [
        reference(save(tmp_path, wide[18:378, 0:640], "a.png")),
        reference(save(tmp_path, wide[18:378, 24:664], "b.png"), Role.LAST_FRAME, 1),
        reference(video(tmp_path, seen(course(x=0.3))), Role.REFERENCE_VIDEO, 2, Kind.VIDEO),
    ]
    made = prepare(task("", *sent), lambda: NOBODY)

    assert made.kind == "morph"
    assert "mediaUrls[2]: the way from the first" in made.warnings[0]


def test_two_unlike_pictures_are_moved_by_the_video_and_still_kept_exactly(tmp_path):
    sent = [
        reference(save(tmp_path, texture(), "a.png")),
        reference(save(tmp_path, texture(seed=11), "b.png"), Role.LAST_FRAME, 1),
        reference(video(tmp_path, seen(course(closer=0.3))), Role.REFERENCE_VIDEO, 2, Kind.VIDEO),
    ]
    made = prepare(task("", *sent), lambda: NOBODY)

    assert (made.kind, made.warnings) == ("dissolve", ())
    assert psnr(made.film.painter()(0).y, from_rgb(_half(texture())).y) >= 40
