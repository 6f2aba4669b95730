"""Filters that know edges: the guided filter, and filling from what is known around a hole."""

from __future__ import annotations

import cv2
import numpy as np

from seedbed.engines.animatic.planes import Floats


def guided(guide: Floats, signal: Floats, *, radius_px: int, epsilon: float) -> Floats:
    """Smooth `signal` (h, w) but keep the edges of `guide` (h, w), 0..1. Source: He, Sun, Tang 2013."""
    window = (2 * radius_px + 1, 2 * radius_px + 1)
    mean_g, mean_s = cv2.blur(guide, window), cv2.blur(signal, window)
    covariance = cv2.blur(guide * signal, window) - mean_g * mean_s
    variance = cv2.blur(guide * guide, window) - mean_g * mean_g
    slope = covariance / (variance + epsilon)
    offset = mean_s - slope * mean_g
    return cv2.blur(slope, window) * guide + cv2.blur(offset, window)


def fill(image: Floats, known: Floats) -> Floats:
    """Return `image` (h, w) or (h, w, c) with everything that is not `known` (h, w), 0..1, filled smoothly.

    Averages of the known part are pulled up a pyramid and pushed back down, so a hole takes its surroundings' colour,
    nearer ones more. No texture is invented: mirrored texture was seen to leave ghosts beside the subject.
    Source: Gortler et al. 1996, pull-push.
    """
    flat = image.ndim == 2
    stack = image[..., None] if flat else image
    filled = _pull_push(stack, known)
    return filled[..., 0] if flat else filled


def _pull_push(image: Floats, known: Floats) -> Floats:
    height, width = known.shape
    if min(height, width) <= 2:
        mean = (image * known[..., None]).sum((0, 1)) / max(float(known.sum()), 1e-6)
        return np.broadcast_to(mean.astype(np.float32), image.shape)
    half = ((width + 1) // 2, (height + 1) // 2)
    weighted = _channels(cv2.resize(image * known[..., None], half, interpolation=cv2.INTER_AREA))
    weight = cv2.resize(known, half, interpolation=cv2.INTER_AREA)
    below = _pull_push(weighted / np.maximum(weight, 1e-6)[..., None], np.minimum(weight * 2, 1))
    above = _channels(cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR))
    filled: Floats = image * known[..., None] + above * (1 - known[..., None])
    return filled


def _channels(image: Floats) -> Floats:
    return image[..., None] if image.ndim == 2 else image
