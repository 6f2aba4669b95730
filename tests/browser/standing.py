"""The service that visitors come to, and the accounts that they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from serving import Served, new_home, run_cli

from seedbed_client import Seedbed

CARD = "testcard@instant"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a live key and one of test mode, whose prompts may say what happens to a job."""

    id: int
    base_url: str
    key: str
    test_key: str

    def client(self, key: str | None = None) -> Seedbed:
        return Seedbed(key or self.test_key, self.base_url)

    def make(self, prompt: str = "A fox in the snow", *, key: str | None = None, **order: object) -> str:
        """Order a short video, wait for it, and return its id. With the key of test mode if no other is named."""
        with self.client(key) as client:
            ordered = client.videos.create(prompt=prompt, duration=4, resolution="480p", **order)  # type: ignore[arg-type]
            return client.videos.wait(ordered.request_id, timeout_s=90).request_id

    def order(self, prompt: str, *, key: str | None = None) -> str:
        """Order a short video, and return its id at once."""
        with self.client(key) as client:
            return client.videos.create(prompt=prompt, duration=4, resolution="480p").request_id


class House:
    """A service, and its operator."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.base_url = served.base_url
        made = run_cli(served.home, "keys", "create", "--account", "1", "--name", "operator", "--scope", "admin")
        found = re.search(r"sd2_live_\w+", made.stdout)
        assert found, made.stdout + made.stderr
        self.admin_key = found[0]
        self._admin = httpx.Client(
            base_url=f"{served.base_url}/api/admin/v1/",
            headers={"Authorization": f"Bearer {self.admin_key}"},
            timeout=60,
        )

    def ask(self, method: str, path: str, body: object = None) -> dict:
        """Ask the operator's API. `path` below its root."""
        answer = self._admin.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def account(self, name: str = "Film club", *, funds: int = 10_000) -> Account:
        account_id = self.ask("POST", "accounts", {"name": name, "credits": funds})["account"]["id"]
        return Account(account_id, self.base_url, self.key_of(account_id), self.key_of(account_id, mode="test"))

    def key_of(self, account_id: int, *, mode: str = "live", **wanted: object) -> str:
        body = {"name": f"{mode} key", "mode": mode, **wanted}
        return self.ask("POST", f"accounts/{account_id}/keys", body)["secret"]

    def revoke(self, account_id: int, key: str) -> None:
        keys = self.ask("GET", f"accounts/{account_id}/keys")["data"]
        found = next(one["id"] for one in keys if one["lastFour"] == key[-4:])
        self.ask("POST", f"keys/{found}/revoke", {})

    def close(self) -> None:
        self._admin.close()


@contextmanager
def standing(**settings: str) -> Iterator[House]:
    """Run a service until the end of the block. Its engine shows test cards, at once, if no other is named."""
    with new_home() as home:
        served = Served(home, **({"SEEDBED_ENGINE": CARD} | settings))
        try:
            house = House(served)
            yield house
            house.close()
        finally:
            served.stop()
