"""The sound of a clip: the reference sound with its beats, or what the shot's place and weather sound like.

Everything is (2, N) float32 at 48 kHz until it is encoded.
"""
