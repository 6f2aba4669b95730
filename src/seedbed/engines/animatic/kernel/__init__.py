"""The compiled way of drawing layers. Optional: without it, OpenCV draws the same to within a step or two of 255."""
