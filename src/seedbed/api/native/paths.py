"""Where the native dialect stands, and its one resource under it."""

ROOT = "/api/open/v1"
GENERATIONS = "/video/generations"
