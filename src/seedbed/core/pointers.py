"""Pointers in a prompt to the references that came with it, and the roles that the prompt gives them.

Every vendor writes them differently (`@Image1`, `[Image1]`, `Image 1`, `<Picture 1>`, `[图1]`, `【@图片1】`, `이미지1`,
`画像1`), so one tolerant parser takes them all. They are 1-based and counted per kind. Source: CONTRACT 1.3; the forms
were collected from the Ark, Replicate, EvoLink and PiAPI documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.core.references import Kind, Role

# In the ten languages of the shot planner, with and without accents. French "son" and German "Ton" are left out:
# both are small words of the other ("his", "your").
_WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.IMAGE: (
        *("image", "img", "picture", "photo", "foto", "imagen", "imagem", "bild"),
        *("hình ảnh", "hình", "ảnh", "รูปภาพ", "ภาพ", "รูป"),
        *("图片", "图像", "圖片", "图", "圖", "이미지", "사진", "画像", "写真"),
    ),
    Kind.VIDEO: (
        *("video", "clip", "vídeo", "vidéo", "clipe", "วิดีโอ", "วีดีโอ", "คลิป"),
        *("视频", "視頻", "影片", "영상", "비디오", "동영상", "動画", "ビデオ"),
    ),
    Kind.AUDIO: (
        *("audio", "sound", "music", "áudio", "sonido", "música", "musica", "som", "musique", "musik"),
        *("âm thanh", "nhạc", "เสียง", "เพลง"),
        *("音频", "音頻", "오디오", "소리", "음악", "音声", "オーディオ"),
    ),
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words}
_ANY_WORD = "|".join(sorted(_KIND_OF, key=len, reverse=True))
# A number after a bare word is a pointer only if no unit follows it: "a video 5 seconds long" points at nothing.
_UNITS = (
    r"s|secs?|seconds?|seg|segundos?|secondes?|sek|sekunden?|giây|วินาที|초|秒"
    r"|min|minutes?|minutos?|minuten?|phút|นาที|분|分|fps|px|p|k|x|%"
)
_NO_UNIT = rf"(?!\d|[.:×%]\d|\s*(?:{_UNITS})(?![A-Za-z]))"
_POINTER = re.compile(
    rf"[\[【<]\s*@?\s*(?P<boxed>{_ANY_WORD})\s*(?P<boxed_number>\d{{1,2}})\s*[\]】>]"
    rf"|@(?P<at>{_ANY_WORD})\s*(?P<at_number>\d{{1,2}})(?!\d)"
    rf"|(?<![A-Za-zÀ-ɏ])(?P<bare>{_ANY_WORD})\s?(?P<bare_number>\d{{1,2}}){_NO_UNIT}",
    re.IGNORECASE,
)

_FIRST = (
    r"(?:first|opening|start(?:ing)?|initial)\s+frame|首帧|首幀|第一帧"
    r"|(?:첫|시작)\s*(?:번째\s*)?(?:프레임|장면)|最初のフレーム|先頭フレーム"
    r"|(?:primer|primeiro)\s+(?:fotograma|cuadro|quadro|frame)|(?:fotograma|cuadro|quadro)\s+inicial"
    r"|première\s+image|image\s+de\s+départ|erste[sn]?\s+(?:einzel)?bild|(?:start|anfangs)bild"
    r"|khung\s+hình\s+đầu(?:\s+tiên)?|เฟรมแรก|ภาพแรก"
)
_LAST = (
    r"(?:last|final|end(?:ing)?|closing)\s+frame|尾帧|尾幀|最后一帧"
    r"|(?:마지막|끝)\s*(?:프레임|장면)|最後のフレーム|最終フレーム"
    r"|[úu]ltimo\s+(?:fotograma|cuadro|quadro|frame)|(?:fotograma|cuadro|quadro)\s+final"
    r"|dernière\s+image|image\s+de\s+fin|letzte[sn]?\s+(?:einzel)?bild|(?:end|schluss)bild"
    r"|khung\s+hình\s+cuối(?:\s+cùng)?|เฟรมสุดท้าย|ภาพสุดท้าย"
)
_REFERENCE = (
    r"(?:style|palette|colou?r|reference)|风格|風格|参考|스타일|참고|スタイル|参照"
    r"|estilo|paleta|refer[eê]ncia|référence|\bstil\b|referenz|phong\s+cách|tham\s+(?:chiếu|khảo)|สไตล์|อ้างอิง"
)
_ROLE = re.compile(rf"(?P<first>{_FIRST})|(?P<last>{_LAST})|(?P<reference>{_REFERENCE})", re.IGNORECASE)
_ROLE_OF = {"first": Role.FIRST_FRAME, "last": Role.LAST_FRAME, "reference": Role.REFERENCE_IMAGE}
# "The first frame is @Image1": the phrase stands right before the pointer.
_ROLE_BEFORE = re.compile(
    rf"(?:(?P<first>{_FIRST})|(?P<last>{_LAST}))\s*(?:is|es|é|est|ist|là|คือ|[:=：]|은|는|は|为|是)\s*$", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[.;!?\n。；！？]")
_REACH_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Pointer:
    """`number` is 1-based within its kind; `role` is what the prompt says the reference is for, if it does."""

    kind: Kind
    number: int
    role: Role | None

    def __str__(self) -> str:
        return f"@{self.kind.capitalize()}{self.number}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the prompt a pointer stands, brackets and all: `prompt[start:end]`."""

    pointer: Pointer
    start: int
    end: int


def find_pointers(prompt: str) -> tuple[Pointer, ...]:
    """Return the prompt's pointers in the order of the text."""
    return tuple(place.pointer for place in locate_pointers(prompt))


def locate_pointers(prompt: str) -> tuple[Place, ...]:
    """Return the prompt's pointers and their places in the order of the text. No two of them overlap."""
    matches = list(_POINTER.finditer(prompt))
    ends = [match.start() for match in matches[1:]] + [len(prompt)]
    return tuple(
        Place(_read(prompt, match, until=end), match.start(), match.end())
        for match, end in zip(matches, ends, strict=False)
    )


def dangling(pointers: Sequence[Pointer], kinds: Sequence[Kind]) -> tuple[Pointer, ...]:
    """Return the pointers to references that were not sent, each once."""
    return tuple(dict.fromkeys(p for p in pointers if not 1 <= p.number <= list(kinds).count(p.kind)))


def prompted_roles(pointers: Sequence[Pointer], kinds: Sequence[Kind]) -> dict[int, Role]:
    """Return the roles that the prompt sets, by 0-based position. Where it sets one twice, the later word counts."""
    positions = {kind: [i for i, k in enumerate(kinds) if k is kind] for kind in Kind}
    said = {
        positions[p.kind][p.number - 1]: p.role
        for p in pointers
        if p.role and p.role.kind is p.kind and 1 <= p.number <= len(positions[p.kind])
    }
    return {position: role for position, role in said.items() if role}


def _read(prompt: str, match: re.Match[str], *, until: int) -> Pointer:
    form = match.lastgroup and match.lastgroup.removesuffix("_number")
    kind = _KIND_OF[match[form or "bare"].lower()]
    return Pointer(kind, int(match[f"{form}_number"]), _role_near(prompt, match, until=until))


def _role_near(prompt: str, match: re.Match[str], *, until: int) -> Role | None:
    before = _ROLE_BEFORE.search(prompt, max(0, match.start() - _REACH_CHARACTERS), match.start())
    end = min(until, match.end() + _REACH_CHARACTERS)
    clause_end = _CLAUSE_END.search(prompt, match.end(), end)
    found = before or _ROLE.search(prompt, match.end(), clause_end.start() if clause_end else end)
    return _ROLE_OF[found.lastgroup] if found and found.lastgroup else None
