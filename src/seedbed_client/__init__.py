"""The Python SDK of the Seedance 2.0 Open API: create, watch, download, verify webhooks; blocking or asynchronous.

It needs httpx and nothing else, and shares nothing with the server but the contract: it works as well against any other
service that speaks the same documents.
"""

from seedbed_client.clients import AsyncSeedbed as AsyncSeedbed
from seedbed_client.clients import Seedbed as Seedbed
from seedbed_client.errors import ApiError as ApiError
from seedbed_client.errors import BadRange as BadRange
from seedbed_client.errors import BadSignature as BadSignature
from seedbed_client.errors import ConnectionFailed as ConnectionFailed
from seedbed_client.errors import ContentRejected as ContentRejected
from seedbed_client.errors import DamagedDownload as DamagedDownload
from seedbed_client.errors import EngineFailed as EngineFailed
from seedbed_client.errors import Forbidden as Forbidden
from seedbed_client.errors import GenerationCancelled as GenerationCancelled
from seedbed_client.errors import GenerationExpired as GenerationExpired
from seedbed_client.errors import GenerationFailed as GenerationFailed
from seedbed_client.errors import Gone as Gone
from seedbed_client.errors import IdempotencyInFlight as IdempotencyInFlight
from seedbed_client.errors import IdempotencyMismatch as IdempotencyMismatch
from seedbed_client.errors import InsufficientCredits as InsufficientCredits
from seedbed_client.errors import InvalidRequest as InvalidRequest
from seedbed_client.errors import MediaUnusable as MediaUnusable
from seedbed_client.errors import MethodNotAllowed as MethodNotAllowed
from seedbed_client.errors import NotCancellable as NotCancellable
from seedbed_client.errors import NotFound as NotFound
from seedbed_client.errors import NoVideo as NoVideo
from seedbed_client.errors import QueueFull as QueueFull
from seedbed_client.errors import RateLimited as RateLimited
from seedbed_client.errors import SeedbedError as SeedbedError
from seedbed_client.errors import ServerError as ServerError
from seedbed_client.errors import TooLarge as TooLarge
from seedbed_client.errors import Unauthorized as Unauthorized
from seedbed_client.errors import UnsupportedMedia as UnsupportedMedia
from seedbed_client.errors import WaitTimedOut as WaitTimedOut
from seedbed_client.values import Asset as Asset
from seedbed_client.values import Credits as Credits
from seedbed_client.values import Estimate as Estimate
from seedbed_client.values import Event as Event
from seedbed_client.values import Failure as Failure
from seedbed_client.values import Generation as Generation
from seedbed_client.values import Model as Model
from seedbed_client.values import Output as Output
from seedbed_client.values import Page as Page
from seedbed_client.values import Progress as Progress
from seedbed_client.values import QueuePlace as QueuePlace
from seedbed_client.values import Reference as Reference
from seedbed_client.values import Status as Status
from seedbed_client.webhooks import WebhookEvent as WebhookEvent
from seedbed_client.webhooks import verify_webhook as verify_webhook
