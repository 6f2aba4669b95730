"""A subject's mask is soft along its outline and decided everywhere else."""

import cv2
import numpy as np

from seedbed.engines.animatic.subject import decided


def disc(level=1.0, radius=90):
    mask = np.zeros((320, 320), np.float32)
    cv2.circle(mask, (160, 160), radius, level, -1)
    return cv2.GaussianBlur(mask, (0, 0), 2)


def test_a_part_that_is_half_believed_in_goes_with_the_subject_whole():
    mask = np.maximum(disc(), 0)
    mask[:60, 140:180] = 0.55

    assert decided(mask)[30, 160] == 1


def test_a_part_that_is_hardly_believed_in_stays_behind():
    mask = disc()
    mask[:50, 140:180] = 0.2

    assert decided(mask)[20, 160] == 0


def test_a_gleam_inside_is_no_hole_but_a_window_is_one():
    gleaming, ring = disc(), disc()
    cv2.circle(gleaming, (160, 160), 15, 0.0, -1)
    cv2.circle(ring, (160, 160), 60, 0.0, -1)

    assert decided(gleaming)[160, 160] == 1
    assert decided(ring)[160, 160] == 0


def test_the_outline_stays_as_soft_as_it_was():
    mask = disc()
    near = np.abs(mask - 0.5) < 0.3

    assert np.abs(decided(mask) - mask)[near].max() < 0.02
