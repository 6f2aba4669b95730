"""The sound track of a clip, and what is said of it: the reference sound, else ambience, else silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.core.engine import Canvas, LocalReference
from seedbed.core.shotplan.plan import ShotPlan
from seedbed.engines.animatic.sound.ambience import ambience, parts_of
from seedbed.engines.animatic.sound.beats import Beats, find_beats
from seedbed.engines.animatic.sound.fitting import Fitted, Way, faded_in, fit
from seedbed.engines.animatic.sound.reading import read_sound
from seedbed.engines.animatic.sources import reading
from seedbed.media.mux import SAMPLE_RATE, Sound, samples_in, silence

_HEARD_BEYOND_S = 0.1
_INAUDIBLE = 1e-4  # peak, -80 dB
_TAKES_OVER_S = 0.9


@dataclass(frozen=True, slots=True)
class Heard:
    """A reference sound at the clip's length, and its beats there. `name`: which reference it is."""

    name: str
    fitted: Fitted

    @property
    def beats(self) -> Beats:
        return self.fitted.beats

    @property
    def is_silent(self) -> bool:
        return float(np.abs(self.fitted.sound).max(initial=0)) < _INAUDIBLE


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """samples: (2, N) float32, 48 kHz, exactly as long as the picture. `told`: JSON for the job's `shotPlan`."""

    samples: Sound
    told: dict[str, Any]
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_noise(self) -> bool:
        """Whether nothing in it came from a reference."""
        return self.told["source"] in {"ambience", "silence"}


def hear(reference: LocalReference | None, canvas: Canvas) -> Heard | None:
    """Read the reference sound and find its beats. Raises MediaFailure that names it if it cannot be decoded."""
    if reference is None:
        return None
    limit_s = float(canvas.duration_s) + _HEARD_BEYOND_S
    sound = reading(reference, lambda each: read_sound(each.path, limit_s=limit_s))
    return Heard(reference.name, fit(sound, find_beats(sound, SAMPLE_RATE), samples=samples_in(canvas)))


def compose(heard: Heard | None, plan: ShotPlan, canvas: Canvas, *, seed: int, wants_audio: bool) -> SoundTrack:
    """Return the clip's sound track. Without sound wanted it is silent, whatever the beats did to the picture."""
    if not wants_audio:
        return SoundTrack(silence(canvas), {"source": "silence"} | (_rhythm(heard) if heard else {}))
    if heard is None:
        return _ambient(plan, canvas, seed)
    told = {"source": heard.name, "fit": heard.fitted.way.value} | _rhythm(heard)
    if heard.is_silent:
        return SoundTrack(silence(canvas), told, (f"{heard.name}: the sound is silent, and so is the clip",))
    if heard.fitted.way is not Way.ENDED:
        return SoundTrack(heard.fitted.sound, told)
    after = _ambient(plan, canvas, seed)
    # It rises while the reference's last moment dies away.
    start = max(0, heard.fitted.heard - round(_TAKES_OVER_S / 3 * SAMPLE_RATE))
    sound = heard.fitted.sound.copy()
    sound[:, start:] += faded_in(after.samples[:, start:], _TAKES_OVER_S)
    over_s = round(heard.fitted.heard / SAMPLE_RATE, 2)
    return SoundTrack(sound, told | {"endsAtSeconds": over_s, "ambience": after.told["ambience"]})


def _ambient(plan: ShotPlan, canvas: Canvas, seed: int) -> SoundTrack:
    parts = parts_of(plan)
    sound = ambience(parts, samples=samples_in(canvas), seed=seed)
    voices = list(dict.fromkeys(part.voice.value for part in parts))
    return SoundTrack(sound, {"source": "ambience", "ambience": voices})


def _rhythm(heard: Heard) -> dict[str, Any]:
    beats = heard.beats
    return {"beatsPerMinute": round(beats.bpm, 1), "beats": len(beats.times_s)} if beats.times_s else {}
