"""Where the operator's API stands."""

ROOT = "/api/admin/v1"
