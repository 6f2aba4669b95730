"""Draws the test card: bars of colour, the clip's size in words, and a hand that goes round once a second.

One second of it is all that is ever drawn, because the next looks the same.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from seedbed.core.sizes import Size

Pixels = npt.NDArray[np.uint8]

BARS = ((235, 235, 235), (222, 208, 60), (70, 196, 208), (72, 190, 84), (196, 74, 190), (206, 62, 58), (58, 74, 196))
_DARK = (24, 26, 30)
_LIGHT = (240, 240, 240)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_card(size: Size) -> Pixels:
    """Return (H, W, 3) uint8 sRGB: all that does not move."""
    width, height = size.width_px, size.height_px
    card = np.empty((height, width, 3), np.uint8)
    edges = [round(width * number / len(BARS)) for number in range(len(BARS) + 1)]
    for color, left, right in zip(BARS, edges, edges[1:], strict=False):
        card[:, left:right] = color
    center, radius = _dial(size)
    cv2.circle(card, center, radius, _DARK, -1, cv2.LINE_AA)
    cv2.circle(card, center, radius, _LIGHT, max(2, radius // 40), cv2.LINE_AA)
    text, scale = f"TEST {size}", min(width, height) / 700
    (text_width, text_height), _ = cv2.getTextSize(text, _FONT, scale, 2)
    left, foot = (width - text_width) // 2, height - text_height
    cv2.rectangle(card, (left - 12, foot - text_height - 12), (left + text_width + 12, foot + 12), _DARK, -1)
    cv2.putText(card, text, (left, foot), _FONT, scale, _LIGHT, 2, cv2.LINE_AA)
    return card


def with_hand(card: Pixels, turn: float) -> Pixels:
    """Return the card with its hand at a part of its turn, 0.0 .. 1.0, clockwise from the top."""
    size = Size(card.shape[1], card.shape[0])
    center, radius = _dial(size)
    angle = 2 * math.pi * turn
    end = (round(center[0] + 0.8 * radius * math.sin(angle)), round(center[1] - 0.8 * radius * math.cos(angle)))
    return np.asarray(cv2.line(card.copy(), center, end, _LIGHT, max(3, radius // 16), cv2.LINE_AA), np.uint8)


def preview(card: Pixels) -> bytes:
    """Return the card as a JPEG whose longer side is 320 px."""
    scale = 320 / max(card.shape[:2])
    small = cv2.resize(card, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return jpeg.tobytes()


def _dial(size: Size) -> tuple[tuple[int, int], int]:
    return (size.width_px // 2, size.height_px // 2), min(size.width_px, size.height_px) // 4
