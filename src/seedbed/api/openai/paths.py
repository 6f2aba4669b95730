"""Where the OpenAI Videos dialect stands, as its clients expect it under their base URL."""

ROOT = "/v1"
VIDEOS = "/videos"
