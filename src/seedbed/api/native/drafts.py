"""Turns the native wire body into the core's draft: other names, the same values."""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.api.native.wire import GenerationBody
from seedbed.core.errors import InvalidRequest
from seedbed.core.request import Draft, DraftReference


def draft_of(body: GenerationBody) -> Draft:
    """Raises InvalidRequest if references came under both names."""
    return Draft(
        model=body.model,
        prompt=body.prompt,
        references=_references(body),
        aspect_ratio=body.aspect_ratio,
        duration_s=body.duration,
        resolution=body.resolution,
        seed=body.seed,
        wants_audio=body.generate_audio,
        wants_last_frame=body.return_last_frame,
        priority=body.priority,
        expires_after_s=body.expires_after,
        webhook_url=body.webhook_url,
        metadata=body.metadata,
        engine_options=body.engine_options,
        references_field=None if body.references is None else "references",
    )


def _references(body: GenerationBody) -> Sequence[DraftReference] | None:
    if body.references is None:
        return None if body.media_urls is None else tuple(DraftReference(url) for url in body.media_urls)
    if body.media_urls is not None:
        raise InvalidRequest("mediaUrls and references cannot be sent together; use one of them.", param="references")
    return tuple(DraftReference(reference.url, reference.role) for reference in body.references)
