"""Makes frames of any size, depth and colour into frames of one canvas: yuv420p, BT.709, limited range, upright.

The largest middle part of the canvas's shape is kept, so nothing is stretched. FFmpeg's Lanczos with accurate rounding
was measured on 1344x768 to 1280x720 against the picture computed at that size: 53.5 dB at 4 ms a frame; bicubic 53.3,
area 46.4, Lanczos in linear light 55.0 at 32 ms a channel, which no eye repays. Without chroma at full size between the
steps, another matrix would cost a level of luma everywhere. Transparent parts are laid on black, as
in pictures. Of PQ and HLG, reference white (203 cd/m2, ITU-R BT.2408) becomes white, and what is brighter clips.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from seedbed.core.sizes import Size

# FFmpeg's words for its numbers, where a filter wants words. What is not among them is taken as untagged.
MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
IS_RGB = 0
HD_SIDE_PX = 720
WIDE_PRIMARIES = (9, 11, 12)  # BT.2020 and both kinds of P3
HDR_TRANSFERS = (16, 18)  # PQ and HLG
FLAGS = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
# By how far a frame is turned to the left: the filters that turn it.
TURNS: dict[int, tuple[tuple[str, str], ...]] = {
    0: (),
    1: (("transpose", "cclock"),),
    2: (("hflip", ""), ("vflip", "")),
    3: (("transpose", "clock"),),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a picture, in its own pixels. All four numbers are even, as halved chroma needs."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """All that the way of a frame to the canvas depends on."""

    width_px: int
    height_px: int
    format_name: str
    matrix: int
    range: int
    transfer: int
    primaries: int
    quarter_turns: int


def middle_part(picture: Size, canvas: Size, *, pixel_shape: Fraction = Fraction(1)) -> Part:
    """Return the largest middle part that has the canvas's shape, to a pixel. `pixel_shape`: width by height of one."""
    shape = Fraction(canvas.width_px, canvas.height_px) / pixel_shape
    width_px = _even(min(picture.width_px, round(picture.height_px * shape)))
    height_px = _even(min(picture.height_px, round(picture.width_px / shape)))
    left_px, top_px = (picture.width_px - width_px) // 2, (picture.height_px - height_px) // 2
    return Part(left_px // 2 * 2, top_px // 2 * 2, width_px, height_px)


class Scaler:
    """Scales the frames of one clip. Their kind may change from frame to frame. Not for two threads at once."""

    def __init__(self, canvas: Size, *, pixel_shape: Fraction = Fraction(1)) -> None:
        self._canvas = canvas
        self._pixel_shape = pixel_shape
        self._kind: _Kind | None = None
        self._graph = Graph()

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return a new frame, without a number. Raises av.error.FFmpegError for a format that cannot be converted."""
        kind = _kind_of(frame)
        if kind != self._kind:
            self._graph, self._kind = self._built(kind), kind
        frame.pts, frame.time_base = None, Fraction(1, 24)  # the graph orders nothing, and refuses other clocks
        self._graph.vpush(frame)
        scaled = self._graph.vpull()
        # A decoded frame remembers how it was coded, and the encoder would take that for an order.
        scaled.pict_type = PictureType.NONE
        scaled.colorspace, scaled.color_range = Colorspace.ITU709, ColorRange.MPEG
        scaled.color_primaries, scaled.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        return scaled

    def _built(self, kind: _Kind) -> Graph:
        graph = Graph()
        nodes = [graph.add(name, said) for name, said in self._steps(kind)]
        graph.link_nodes(*nodes).configure()
        return graph

    def _steps(self, kind: _Kind) -> list[tuple[str, str]]:
        is_sideways = kind.quarter_turns % 2 == 1
        upright = Size(kind.height_px, kind.width_px) if is_sideways else Size(kind.width_px, kind.height_px)
        pixel_shape = 1 / self._pixel_shape if is_sideways else self._pixel_shape
        part = middle_part(upright, self._canvas, pixel_shape=pixel_shape)
        return [
            ("buffer", _source(kind)),
            *TURNS[kind.quarter_turns],
            ("crop", f"{part.width_px}:{part.height_px}:{part.left_px}:{part.top_px}"),
            *_opaque(kind),
            ("scale", _scale(kind, self._canvas)),
            ("setsar", "1"),
            ("format", "yuv420p"),
            ("buffersink", ""),
        ]


def _kind_of(frame: VideoFrame) -> _Kind:
    guess = Colorspace.ITU709 if min(frame.width, frame.height) >= HD_SIDE_PX else Colorspace.ITU601
    is_rgb = frame.format.is_rgb
    matrix = IS_RGB if is_rgb else frame.colorspace if frame.colorspace in MATRICES else int(guess)
    is_full = is_rgb or frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    return _Kind(
        frame.width,
        frame.height,
        frame.format.name,
        matrix,
        int(ColorRange.JPEG if is_full else ColorRange.MPEG),
        frame.color_trc,
        frame.color_primaries,
        round(frame.rotation / 90) % 4,
    )


def _source(kind: _Kind) -> str:
    matrix = "gbr" if kind.matrix == IS_RGB else MATRICES[kind.matrix]
    range_ = "pc" if kind.range == ColorRange.JPEG else "tv"
    return (
        f"video_size={kind.width_px}x{kind.height_px}:pix_fmt={kind.format_name}:time_base=1/24"
        f":colorspace={matrix}:range={range_}"
    )


def _scale(kind: _Kind, canvas: Size) -> str:
    said = f"{canvas.width_px}:{canvas.height_px}:flags={FLAGS}:out_color_matrix=bt709:out_range=tv"
    if kind.transfer in HDR_TRANSFERS or kind.primaries in WIDE_PRIMARIES:
        said += ":out_primaries=bt709:out_transfer=bt709"
    return said


def _opaque(kind: _Kind) -> tuple[tuple[str, str], ...]:
    if not any(component.is_alpha for component in VideoFormat(kind.format_name).components):
        return ()
    return ("scale", f"flags={FLAGS}"), ("format", "gbrap"), ("premultiply", "inplace=1")


def _even(number: int) -> int:
    return number // 2 * 2
