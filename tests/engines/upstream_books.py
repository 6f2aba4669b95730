"""What a whole second service has in its books: its jobs and the lines of its ledger, read over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

ROOT = "/api/open/v1"


@dataclass
class Books:
    base_url: str
    key: str

    def ask(self, path: str, **params: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=self.base_url, headers=headers, timeout=60, trust_env=False) as client:
            answer = client.get(f"{ROOT}{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def jobs(self, prompt: str) -> list[dict[str, Any]]:
        """Return the jobs of this prompt, which only one test has."""
        found = self.ask("/video/generations", limit="100")["data"]
        return [job for job in found if job["prompt"].startswith(prompt)]

    def lines(self, request_id: str) -> list[str]:
        """Return what the ledger says of a job, the oldest first."""
        ledger = self.ask("/credits", limit="100")["ledger"]
        return [line["kind"] for line in reversed(ledger) if line["requestId"] == request_id]
