"""The sound is encoded beside the pictures: noise with less care than what somebody sent."""

import av
import numpy as np
import pytest
from animatic_sounds import song
from av.audio.codeccontext import AudioCodecContext

from seedbed.core.engine import Canvas
from seedbed.core.shotplan.plan import MoveCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Move
from seedbed.core.sizes import Size
from seedbed.engines.animatic.sound.beats import Beats
from seedbed.engines.animatic.sound.coding import encoded
from seedbed.engines.animatic.sound.fitting import fit
from seedbed.engines.animatic.sound.track import Heard, compose
from seedbed.media.mux import SAMPLE_RATE, samples_in

CANVAS = Canvas(Size(64, 64), 48, 24)
PRIMING = 1024  # samples that AAC puts before the first


def decoded(packets):
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.extradata = bytes.fromhex("1190")  # AAC-LC, 48 kHz, stereo
    frames = [frame.to_ndarray() for packet in packets for frame in decoder.decode(packet)]
    return np.concatenate(frames, axis=1)[:, PRIMING:]


@pytest.mark.parametrize("is_noise", [True, False])
def test_what_is_encoded_sounds_like_what_was_given(is_noise):
    given = song(120, 2.0).stereo

    heard = decoded(encoded(given, is_noise=is_noise))[:, : given.shape[1]]

    assert heard.shape[1] >= given.shape[1] - PRIMING
    unlike = heard - given[:, : heard.shape[1]]
    assert np.square(unlike).mean() < 0.05 * np.square(given).mean()


def test_packets_follow_one_another_in_samples():
    packets = encoded(np.zeros((2, SAMPLE_RATE), np.float32), is_noise=True)

    times = [float(packet.dts * packet.time_base) for packet in packets]

    assert np.diff(times) == pytest.approx(1024 / SAMPLE_RATE)
    assert times[0] == pytest.approx(-PRIMING / SAMPLE_RATE)


def test_ambience_is_noise_and_a_reference_is_not():
    sound = song(120, 2.0).stereo
    heard = Heard("mediaUrls[0]", fit(sound, Beats((), 0.5, 0.0), samples=samples_in(CANVAS)))

    plan = ShotPlan((MoveCue(Move.STATIC),))

    ambience, reference = (compose(each, plan, CANVAS, seed=1, wants_audio=True) for each in (None, heard))

    assert ambience.is_noise
    assert not reference.is_noise
