"""A small client of the Seedance 2.0 Open API: create, watch, download.

It needs httpx and nothing else, and shares nothing with the server but the contract: it works as well against any other
service that speaks the same documents.
"""

from seedbed_client.client import Client, Created
from seedbed_client.errors import ApiError, ClientError, ErrorCode, GenerationFailed, TookTooLong, Unreachable
from seedbed_client.generation import Generation, Output, Progress, Status
from seedbed_client.webhooks import Heard, WebhookDelivery, WebhookEndpoint, WebhookEvent, Webhooks

__all__ = [
    "ApiError",
    "Client",
    "ClientError",
    "Created",
    "ErrorCode",
    "Generation",
    "GenerationFailed",
    "Heard",
    "Output",
    "Progress",
    "Status",
    "TookTooLong",
    "Unreachable",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "Webhooks",
]
