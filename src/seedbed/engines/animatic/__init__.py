"""The embedded engine: moves a given picture as a camera and the weather would, on any CPU.

It is no diffusion model and says so. Without a picture it draws a storyboard slate.
"""
