import io

import numpy as np
from media_makers import gradient, video
from PIL import Image

from seedbed.media.thumbnail import last_frame_png, poster_jpeg, to_jpeg


def opened(stored):
    return Image.open(io.BytesIO(stored))


def test_the_last_frame_is_a_png_of_full_size(tmp_path):
    last = opened(last_frame_png(video(tmp_path / "a.mp4", frames=50)))

    assert (last.format, last.size) == ("PNG", (640, 480))
    assert abs(np.asarray(last).mean() - 49) <= 2


def test_the_poster_is_a_small_jpeg_of_the_first_frame(tmp_path):
    poster = opened(poster_jpeg(video(tmp_path / "a.mp4", frames=50), side_px=320))

    assert (poster.format, poster.size) == ("JPEG", (320, 240))
    assert np.asarray(poster).mean() <= 2


def test_a_picture_is_never_made_larger():
    assert opened(to_jpeg(gradient(100, 50), side_px=320)).size == (100, 50)
