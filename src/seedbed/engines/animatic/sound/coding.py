"""Encodes the sound track as AAC, apart from the file it goes into, so that it can be done beside the pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags
from av.error import FFmpegError

from seedbed.core.errors import EngineFailed
from seedbed.media.mux import AUDIO_BIT_RATE, SAMPLE_RATE, Sound, encode_audio

if TYPE_CHECKING:
    from av.packet import Packet as _Packet

    Packet = _Packet[Any]  # generic in its stub alone

# The search for the best share of bits is for music and voices; on noise it takes five times as long for nothing.
_NOISE_OPTIONS = {"aac_coder": "fast"}


def encoded(sound: Sound, *, is_noise: bool) -> list[Packet]:
    """Encode (2, N) float32, 48 kHz; `is_noise`: it is ambience or silence. Raises EngineFailed."""
    encoder = AudioCodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "stereo", "fltp"
    encoder.bit_rate = AUDIO_BIT_RATE
    encoder.time_base = Fraction(1, SAMPLE_RATE)
    encoder.options = dict(_NOISE_OPTIONS) if is_noise else {}
    # MP4 keeps what a decoder must know beside the stream.
    encoder.flags |= Flags.global_header
    try:
        packets = list(encode_audio(encoder, sound))
    except FFmpegError as exc:
        raise EngineFailed(f"The sound could not be encoded: {exc}.") from exc
    for packet in packets:
        packet.time_base = encoder.time_base
    return packets
