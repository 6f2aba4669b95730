"""Reads a finished MP4 whole, frame by frame, and compares it with what the contract promises."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av

ARK_SIZES = {
    ("480p", "21:9"): (992, 432),
    ("720p", "4:3"): (1112, 834),
    ("720p", "21:9"): (1470, 630),
}
SIZES = {
    ("480p", "16:9"): (864, 496),
    ("480p", "9:16"): (496, 864),
    ("480p", "1:1"): (640, 640),
    ("720p", "16:9"): (1280, 720),
    ("720p", "9:16"): (720, 1280),
    ("720p", "1:1"): (960, 960),
    ("1080p", "16:9"): (1920, 1080),
    ("1080p", "9:16"): (1080, 1920),
    ("1080p", "1:1"): (1440, 1440),
}


def assert_promised(
    path: Path, *, resolution: str, aspect_ratio: str, duration_s: int, engine: str = "animatic"
) -> None:
    """Decode everything; size, count, rate, moments, codecs and sound are those of CONTRACT 1.10."""
    frames = 24 * duration_s + 1
    with av.open(str(path)) as clip:
        video, audio = clip.streams.video[0], clip.streams.audio[0]
        assert clip.metadata["engine"] == engine
        assert clip.metadata["digital_source_type"].startswith("http://cv.iptc.org/newscodes/digitalsourcetype/")
        assert (video.codec_context.name, video.codec_context.profile) == ("h264", "High")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.average_rate == 24
        shown = [(frame.width, frame.height, frame.time_base * frame.pts) for frame in clip.decode(video)]
        assert {size[:2] for size in shown} == {(SIZES | ARK_SIZES)[resolution, aspect_ratio]}
        assert [moment for *_, moment in shown] == [Fraction(i, 24) for i in range(frames)]
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
    with av.open(str(path)) as clip:
        heard = sum(frame.samples for frame in clip.decode(audio=0))
    assert abs(Fraction(heard, 48_000) - Fraction(frames, 24)) < Fraction(1, 20)
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
