"""The compiled kernel draws what OpenCV draws, and nothing is missing without it."""

import subprocess
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from animatic_scenes import NOBODY, somebody, texture

from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import Path
from seedbed.engines.animatic.kernel import compiling, tiles
from seedbed.engines.animatic.kernel.tiles import AVX2, PLAIN, Kernel, status_of
from seedbed.engines.animatic.layers import CutOut
from seedbed.engines.animatic.planes import Planes
from seedbed.engines.animatic.stage import depth_of, look_at, set_stage
from seedbed.engines.animatic.warp import Warper


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The kernel, compiled afresh; None on a machine without a compiler."""
    return compiling.compile_into(tmp_path_factory.mktemp("kernel"))


MOVES = {
    "push": {"zoom": 0.3, "forward": 0.12},
    "orbit": {"side_x": 0.06, "pan_x": -0.02},
    "roll": {"roll": 0.12, "zoom": 0.25},
    "drift": {"pan_x": 0.05, "pan_y": 0.04, "side_y": 0.02, "roll": -0.03, "zoom": 0.2},
    "rest": {},
}


def stage_of(move, subject, size, kernel):
    """Set a stage whose path goes evenly to what the move names, in 25 frames."""
    done = np.linspace(0, 1, 25)
    tracks = {field.name: np.zeros(25) for field in fields(Path)} | {"zoom": np.ones(25)}
    path = Path(**tracks | {name: tracks[name] + most * done for name, most in MOVES[move].items()})
    look = look_at(texture(), size, subject)
    return replace(set_stage(look, size, depth_of(look), path), kernel=kernel)


def apart(one, other):
    """Return the mean and the largest difference of two frames."""
    gaps = np.concatenate([cv2.absdiff(a, b).ravel() for a, b in zip(one.each(), other.each(), strict=True)])
    return float(gaps.mean()), int(gaps.max())


@pytest.mark.parametrize("subject", [NOBODY, somebody()], ids=["one layer", "two layers"])
@pytest.mark.parametrize("move", ["push", "orbit", "roll", "drift"])
@pytest.mark.parametrize("size", [Size(320, 180), Size(242, 178)])
def test_the_kernel_and_opencv_draw_the_same_frame(library, move, subject, size):
    if library is None:
        assert stage_of(move, subject, size, None).sheets is None
        return
    by_opencv = Warper(stage_of(move, subject, size, None))
    by_kernel = Warper(stage_of(move, subject, size, Kernel(library)))

    for frame in (0, 11, 24):
        mean, most = apart(by_opencv.draw(frame)[0], by_kernel.draw(frame)[0])
        assert mean <= 1
        assert most <= 3


def test_both_variants_draw_the_same_bytes(library):
    if library is None or Kernel(library).variant < AVX2:
        assert library is None or Kernel(library).variant == PLAIN
        return
    scene = ("orbit", somebody(), Size(322, 180))
    frames = [Warper(stage_of(*scene, Kernel(library, variant=v))).draw(20)[0] for v in (PLAIN, AVX2)]

    assert apart(*frames) == (0.0, 0)


def test_a_view_far_beyond_the_picture_sees_its_rim(library):
    """No path leads there, but a reader of raw memory has to stay inside it whatever it is asked."""
    stage = stage_of("rest", somebody(), Size(320, 180), library and Kernel(library))
    if library is None:
        assert stage.kernel is None
        return
    for zoom, shift in ((0.2, 0.0), (1.0, 4000.0), (1.0, -4000.0), (1.0, 1e9)):
        view = stage.view
        away = replace(view, path=replace(view.path, zoom=view.path.zoom * zoom), center_x=view.center_x + shift)
        by_kernel = Warper(replace(stage, view=away)).draw(3)[0]
        by_opencv = Warper(replace(stage, view=away, kernel=None)).draw(3)[0]
        if shift < 1e6:  # a float map of OpenCV cannot hold more
            assert apart(by_opencv, by_kernel)[1] <= 3


def test_a_block_of_a_subject_is_hidden_open_or_both():
    through = np.full((64, 64), 255, np.uint8)
    through[:, :40] = 0
    planes = Planes(through, through[::2, ::2], through[::2, ::2])

    status = status_of(CutOut(planes, through, through[::2, ::2], (0, 0, 40, 64)))

    assert status.tolist() == [[2, 2, 3, 1]] * 4


def test_without_a_library_opencv_draws():
    stage = stage_of("push", NOBODY, Size(320, 180), None)
    planes, _ = Warper(stage).draw(5)

    assert stage.sheets is None
    assert planes.y.std() > 5


def test_a_library_of_other_sources_is_not_called(library, monkeypatch):
    if library is None:
        assert tiles.installed() is None
        return
    monkeypatch.setattr(tiles, "fingerprint", lambda: 1)

    with pytest.raises(OSError, match="other sources"):
        Kernel(library)


@pytest.mark.parametrize("compiler", [None, "false", "/does/not/exist"])
def test_a_missing_or_broken_compiler_is_no_error(monkeypatch, tmp_path, compiler):
    monkeypatch.setattr(compiling, "find_compiler", lambda: compiler)

    assert compiling.compile_into(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_kernel_reads_only_memory_that_is_its_own(library, tmp_path):
    """The same sources, built with the compiler's own guards, run over a small frame."""
    compiler = compiling.find_compiler()
    if compiler is None:
        assert library is None
        return
    program = tmp_path / "guarded.c"
    program.write_text(GUARDED.replace("SOURCE", str(compiling.SOURCE)))
    flags = ("-std=c11", "-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    built = subprocess.run([compiler, *flags, "-o", tmp_path / "guarded", program], capture_output=True, timeout=120)
    if built.returncode != 0:
        assert b"sanitize" in built.stderr or b"asan" in built.stderr
        return
    own = {"ASAN_OPTIONS": "detect_leaks=0"}  # what it leaks is the test program's, and ends with it
    run = subprocess.run([tmp_path / "guarded"], capture_output=True, timeout=120, env=own)

    assert run.returncode == 0, run.stderr.decode()


GUARDED = """
#include "SOURCE"
#include <stdlib.h>
static uint8_t *filled(size_t size) { uint8_t *p = malloc(size); memset(p, 90, size); return p; }
int main(void) {
    enum { W = 50, H = 34, LW = 64, LH = 48, NX = 6, NY = 5 };
    Picture out = {filled(W * H), filled(W * H / 4), filled(W * H / 4), W, W / 2, W, H};
    float points[NX * NY * 2];
    size_t luma = (LW + 2 * PAD) * (LH + 2 * PAD + 1), chroma = (LW / 2 + 2 * PAD) * (LH / 2 + 2 * PAD + 1);
    Layer layer = {filled(luma), filled(chroma), filled(chroma), filled(luma), filled(chroma), filled(12), points,
                   0, 0, 1, 1, LW + 2 * PAD, LW / 2 + 2 * PAD, LW, LH, 4, 3};
    memset((uint8_t *)layer.status, 3, 12);
    for (int variant = 1; variant <= seedbed_best_variant(); variant++)
        for (int turn = 0; turn < 60; turn++) {
            float zoom = 0.2f + 0.06f * turn, tilt = 0.02f * (turn % 40 - 20), move = (float)(turn % 90 - 45) * 2;
            for (int n = 0; n < NX * NY; n++) {
                float x = (n % NX - 1) * 16 + 8 - W / 2, y = (n / NX - 1) * 16 + 8 - H / 2;
                points[2 * n] = LW / 2 + x / zoom + y * tilt + move;
                points[2 * n + 1] = LH / 2 + y / zoom - x * tilt + move / 2;
            }
            seedbed_draw(variant, &out, &layer, turn % 2 ? &layer : 0, NX, NY);
        }
    return 0;
}
"""
