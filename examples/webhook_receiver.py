"""A receiver of webhooks: verifies each, takes every webhook-id once, answers 204.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_... python examples/webhook_receiver.py 3000
    seedbed listen --forward-to http://localhost:3000/hook

A webhook may come twice, so its id is remembered. Here in memory; where it counts, in the same transaction as what you
do with it. Whatever takes long belongs after the answer: the service waits 15 seconds.
"""

import json
import os
import sys
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BODY_BYTES = 1_000_000
MAX_REMEMBERED = 10_000
seen: OrderedDict[str, None] = OrderedDict()


class Receiver(BaseHTTPRequestHandler):
    timeout = 10  # seconds of silence, so that a slow caller does not hold up the others for long

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            size = min(int(headers.get("content-length", 0)), MAX_BODY_BYTES)
            body = self.rfile.read(
                size
            )  # the bytes as they came: JSON that is parsed and written again does not verify
            Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            self.answer(401)
            return
        if headers["webhook-id"] not in seen:
            seen[headers["webhook-id"]] = None
            if len(seen) > MAX_REMEMBERED:
                seen.popitem(last=False)
            job = json.loads(body)
            print(job["requestId"], job["status"], (job["output"] or {}).get("url", ""), flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the standard error quiet."""


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Receiver) as server:
        print("Listening on port", server.server_port, flush=True)
        server.serve_forever()
