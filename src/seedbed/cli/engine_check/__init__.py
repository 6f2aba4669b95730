"""Proves what an engine says of itself, in the process that it will live in."""
