"""The Python SDK of the Seedance 2.0 Open API: create, watch, download, verify webhooks; blocking or asynchronous.

It needs httpx and nothing else, and shares nothing with the server but the contract: it works as well against any other
service that speaks the same documents.
"""

from seedbed_client.clients import AsyncSeedbed as AsyncSeedbed
from seedbed_client.clients import Seedbed as Seedbed
from seedbed_client.errors import *  # noqa: F403  its __all__ says what
from seedbed_client.values import *  # noqa: F403  its __all__ says what
from seedbed_client.webhooks import WebhookEvent as WebhookEvent
from seedbed_client.webhooks import verify_webhook as verify_webhook
