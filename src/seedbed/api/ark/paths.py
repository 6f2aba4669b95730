"""Where the Ark dialect stands, as its official SDKs expect it under their base URL."""

ROOT = "/api/v3"
TASKS = "/contents/generations/tasks"
